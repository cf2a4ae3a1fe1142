import { ServiceStatus } from '@hazeljs/core'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Backends, clientOf, recorded } from './clients.fixture.js'

const patience = { timeout: 5_000, interval: 5 }
const changes = 'hazeljs:discovery:{orders}:changes'
const instances = 'hazeljs:discovery:{orders}:instances'
/** Generous: a shared machine may be late. */
const latestMs = 1_000

describe.skipIf(serverIsMissing('redis-server'))('a watch of a RedisRegistryBackend', () => {
  let server: RedisServer
  let redis: Redis
  let backends: Backends

  beforeAll(async () => {
    server = await RedisServer.start()
    redis = clientOf(server.port)
  })
  beforeEach(async () => {
    backends = new Backends(server.port)
    await redis.flushall()
  })
  afterEach(() => backends.close())
  afterAll(async () => {
    redis.disconnect()
    await server.kill()
  })

  const listings = async () => Number(/cmdstat_hgetall:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0)

  it('is told a registration of another client at once', async () => {
    const owner = backends.open()
    const watch = recorded(backends.open())
    await expect.poll(watch.ids, patience).toEqual([])
    const tookMs: number[] = []
    for (let port = 1; port <= 20; port++) {
      const startMs = performance.now()
      const registered = owner.register(sampleInstance({ port }))
      while (watch.ids()?.length !== port) await new Promise((resolve) => setImmediate(resolve))
      tookMs.push(performance.now() - startMs)
      await registered
    }
    tookMs.sort((a, b) => a - b)
    console.log(`registration to watch: median ${tookMs[10]?.toFixed(2)} ms, slowest ${tookMs.at(-1)?.toFixed(2)} ms`)
    expect(tookMs[10]).toBeLessThan(latestMs)
  })

  it('applies what is told, and lists nothing for it', async () => {
    const owner = backends.open()
    for (let port = 1; port <= 50; port++) await owner.register(sampleInstance({ port }))
    const watch = recorded(backends.open())
    await expect.poll(() => watch.ids()?.length, patience).toBe(50)
    const before = await listings()
    await owner.register(sampleInstance({ port: 60 }))
    await owner.updateStatus('orders:127.0.0.1:1', ServiceStatus.DOWN)
    await owner.deregister('orders:127.0.0.1:2')
    await expect.poll(watch.removed, patience).toEqual([{ id: 'orders:127.0.0.1:2', reason: 'deregistered' }])
    expect(watch.ids()).toHaveLength(50)
    expect(await listings()).toBe(before)
  })

  it('is told nothing by heartbeats, which change nothing but the lease', async () => {
    const owner = backends.open()
    await owner.register(sampleInstance())
    const watch = recorded(backends.open())
    await expect.poll(watch.ids, patience).toHaveLength(1)
    const [text, count] = [await redis.hgetall(instances), await redis.hgetall(changes)]
    for (let beat = 0; beat < 5; beat++) expect(await owner.heartbeat(sampleInstance().id)).toBe(true)
    expect(await redis.hgetall(instances)).toEqual(text)
    expect(await redis.hgetall(changes)).toEqual(count)
    expect(watch.events).toHaveLength(1)
  })

  it('lists again when a change was not told', async () => {
    const owner = backends.open()
    await owner.register(sampleInstance({ port: 1 }))
    const watch = recorded(backends.open())
    await expect.poll(watch.ids, patience).toHaveLength(1)
    await redis.hincrby(changes, 'sequence', 3)
    await owner.register(sampleInstance({ port: 2 }))
    await expect.poll(watch.ids, patience).toHaveLength(2)
  })

  it('lists again when the count of changes went back, as after a failover', async () => {
    const owner = backends.open()
    for (let port = 1; port <= 3; port++) await owner.register(sampleInstance({ port }))
    const watch = recorded(backends.open({ ttl: 0.5 }))
    await expect.poll(watch.ids, patience).toHaveLength(3)
    await owner.register(sampleInstance({ port: 4 }))
    await expect.poll(watch.ids, patience).toHaveLength(4)
    await redis.hincrby(changes, 'sequence', -2)
    await redis.hdel(instances, 'orders:127.0.0.1:4')
    await owner.register(sampleInstance({ port: 5 }))
    await expect.poll(watch.ids, patience).toEqual([1, 2, 3, 5].map((port) => `orders:127.0.0.1:${port}`))
  })

  it('finds at a resync what was never told, and connects anew where nothing is', async () => {
    const owner = backends.open()
    await owner.register(sampleInstance({ port: 1 }))
    const watch = recorded(backends.open({ resyncInterval: 100 }))
    await expect.poll(watch.ids, patience).toHaveLength(1)
    const connected = async () => /total_connections_received:(\d+)/.exec(await redis.info('stats'))?.[1]
    const before = await connected()
    await redis.hset(instances, 'orders:127.0.0.1:2', JSON.stringify(sampleInstance({ port: 2 })))
    await redis.zadd('hazeljs:discovery:{orders}:expiries', Date.now() + 60_000, 'orders:127.0.0.1:2')
    await redis.hincrby(changes, 'sequence', 1)
    await expect.poll(watch.ids, patience).toHaveLength(2)
    await expect.poll(connected, patience).not.toBe(before)
    await owner.register(sampleInstance({ port: 3 }))
    await expect.poll(watch.ids, patience).toHaveLength(3)
  })

  it('sees an edit by hand at a later resync', async () => {
    await backends.open().register(sampleInstance())
    const watch = recorded(backends.open({ resyncInterval: 100 }))
    await expect.poll(watch.ids, patience).toHaveLength(1)
    await redis.hset(instances, sampleInstance().id, JSON.stringify(sampleInstance({ zone: 'edited' })))
    const zone = () => watch.events.map((event) => (event.kind === 'snapshot' ? event.instances[0]?.zone : undefined)).at(-1)
    await expect.poll(zone, patience).toBe('edited')
  })

  it('comes back on its own connection when that is cut', async () => {
    const owner = backends.open()
    await owner.register(sampleInstance({ port: 1 }))
    const watch = recorded(backends.open())
    await expect.poll(watch.ids, patience).toHaveLength(1)
    await redis.client('KILL', 'TYPE', 'pubsub')
    await expect.poll(() => watch.failures().length, patience).toBe(1)
    await owner.register(sampleInstance({ port: 2 }))
    await expect.poll(watch.ids, patience).toHaveLength(2)
    await owner.register(sampleInstance({ port: 3 }))
    await expect.poll(watch.ids, patience).toHaveLength(3)
  })

  it('has a connection only while somebody watches', async () => {
    const backend = backends.open()
    await backend.getAllServices()
    const clients = async () => Number(/connected_clients:(\d+)/.exec(await redis.info('clients'))?.[1])
    const before = await clients()
    const watches = [recorded(backend), recorded(backend, 'users')]
    await expect.poll(clients, patience).toBe(before + 1)
    watches.forEach((watch) => watch.stop())
    await expect.poll(clients, patience).toBe(before)
    recorded(backend)
    await expect.poll(clients, patience).toBe(before + 1)
    await backend.close()
    await expect.poll(clients, patience).toBe(before)
  })
})
