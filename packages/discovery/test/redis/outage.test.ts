import { DiscoveryClient, ServiceRegistry } from '@hazeljs/discovery'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Backends, clientOf, recorded } from './clients.fixture.js'

const ttl = 1.5
const options = { ttl, resyncInterval: '300ms', callTimeout: '200ms' } as const
const ports = [4001, 4002, 4003]
const allIds = ports.map((port) => `orders:127.0.0.1:${port}`)
const patience = { timeout: 10_000, interval: 20 }

/** Three instances that are registered through backends of their own, and a client that picks among them all the time. */
describe.skipIf(serverIsMissing('redis-server'))('registrations and a client whose Redis', () => {
  let server: RedisServer
  let backends: Backends
  let registries: ServiceRegistry[]
  let client: DiscoveryClient
  let failures: unknown[]
  let ended: boolean
  let picking: Promise<void>
  const seen = () => client.getInstances('orders').then((instances) => instances.map(({ id }) => id))

  beforeEach(async () => {
    server = await RedisServer.start()
    backends = new Backends(server.port)
    registries = ports.map((port) => new ServiceRegistry({ name: 'orders', port }, backends.open(options)))
    await Promise.all(registries.map((registry) => registry.register()))
    client = new DiscoveryClient({ refreshInterval: '200ms' }, backends.open(options))
    await expect.poll(seen, patience).toEqual(allIds)
    failures = []
    ended = false
    picking = pickAllTheTime()
  })
  afterEach(async () => {
    ended = true
    await picking
    await client.close()
    await Promise.all(registries.map((registry) => registry.deregister().catch(() => undefined)))
    await backends.close()
    await server.kill()
  })

  async function pickAllTheTime(): Promise<void> {
    while (!ended) {
      const picked = await client.getInstance('orders').catch((error: unknown) => error)
      if (picked === null || picked instanceof Error) failures.push(picked)
      await pause(5)
    }
  }

  /** What stands in Redis, and what every watch says, new or old. */
  async function allIsBack(): Promise<void> {
    const fresh = backends.open(options)
    const listed = () => fresh.getInstances('orders').then((instances) => instances.map(({ id }) => id))
    await expect.poll(listed, patience).toEqual(allIds)
    await expect.poll(seen, patience).toEqual(allIds)
    const watch = recorded(fresh)
    await expect.poll(watch.ids, patience).toEqual(allIds)
    watch.stop()
    await pause(ttl * 1_000)
    expect(await listed()).toEqual(allIds)
    expect(await seen()).toEqual(allIds)
    expect(failures).toEqual([])
  }

  it('is killed and started again without its data: no request fails, and all are back', async () => {
    await server.kill()
    await pause(ttl * 1_000 + 200)
    expect(await seen()).toEqual(allIds)
    await server.restart()
    await allIsBack()
  }, 30_000)

  it('loses its data by FLUSHALL: no request fails, nobody is missed, and all are back by their heartbeats', async () => {
    const fewest: number[] = []
    client.on('change', ({ instances }) => fewest.push(instances.length))
    const redis = clientOf(server.port)
    await redis.flushall()
    redis.disconnect()
    await allIsBack()
    expect(fewest.every((count) => count === ports.length)).toBe(true)
  }, 30_000)

  it('hangs for less than a lease: no request fails, and nobody is missed', async () => {
    server.hang()
    await pause((ttl * 1_000) / 3)
    server.wake()
    await allIsBack()
  }, 30_000)

  it('hangs for longer than a lease: all leases end meanwhile, no request fails, and all are back', async () => {
    const fewest: number[] = []
    client.on('change', ({ instances }) => fewest.push(instances.length))
    server.hang()
    await pause(ttl * 1_000 + 1_000)
    server.wake()
    await allIsBack()
    expect(fewest.every((count) => count === ports.length)).toBe(true)
  }, 30_000)

  it('hangs for longer than a lease before a new client is told anything: what that listed stays', async () => {
    const newcomer = new DiscoveryClient({ refreshInterval: '200ms' }, backends.open(options))
    expect(await newcomer.getInstances('orders')).toHaveLength(ports.length)
    const fewest: number[] = []
    newcomer.on('change', ({ instances }) => fewest.push(instances.length))
    server.hang()
    await pause(ttl * 1_000 + 1_000)
    server.wake()
    await allIsBack()
    expect(await newcomer.getInstances('orders')).toHaveLength(ports.length)
    expect(fewest.every((count) => count === ports.length)).toBe(true)
    await newcomer.close()
  }, 30_000)

  it('loses its data while one instance dies: it is gone after a lease, and is no ghost', async () => {
    const [, , dying] = registries
    const redis = clientOf(server.port)
    server.hang()
    const gone = dying?.deregister().catch(() => undefined)
    await gone
    server.wake()
    await redis.flushall()
    redis.disconnect()
    await expect.poll(seen, patience).toEqual(allIds.slice(0, 2))
    expect(failures).toEqual([])
  }, 30_000)
})
