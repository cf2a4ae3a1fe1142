import { type Logger, ServiceStatus, silentLogger } from '@hazeljs/core'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Backends, clientOf, recorded } from './clients.fixture.js'

const patience = { timeout: 5_000, interval: 5 }
const keys = { instances: 'hazeljs:discovery:{orders}:instances', expiries: 'hazeljs:discovery:{orders}:expiries' }
const id = sampleInstance().id

describe.skipIf(serverIsMissing('redis-server'))('what RedisRegistryBackends keep in Redis', () => {
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

  function logged() {
    const messages: string[] = []
    const logger: Logger = { ...silentLogger, warn: (_fields: unknown, message?: string) => messages.push(message ?? '') }
    return { messages, logger }
  }

  it('is the same for two clients', async () => {
    const [one, two] = [backends.open(), backends.open()]
    await one.register(sampleInstance())
    expect(await two.heartbeat(id)).toBe(true)
    await two.updateStatus(id, ServiceStatus.OUT_OF_SERVICE)
    expect((await one.getInstance(id))?.status).toBe(ServiceStatus.OUT_OF_SERVICE)
    await two.deregister(id)
    expect(await one.heartbeat(id)).toBe(false)
    expect(await one.getInstances('orders')).toEqual([])
  })

  it('says when the last heartbeat was, on the clock of the server', async () => {
    const backend = backends.open({ ttl: 10 })
    await backend.register(sampleInstance())
    const [seconds = 0] = await redis.time()
    const found = await backend.getInstance(id)
    expect(Math.abs((found?.lastHeartbeat ?? 0) - seconds * 1_000)).toBeLessThan(5_000)
    expect((await backend.getInstances('orders'))[0]?.lastHeartbeat).toBe(found?.lastHeartbeat)
  })

  it('is found by ids of any form, and moves with an id to another service', async () => {
    const [one, two] = [backends.open({ ttl: 1 }), backends.open({ ttl: 1 })]
    await one.register(sampleInstance({ id: 'mine' }))
    await two.register(sampleInstance({ id: 'mine', name: 'users' }))
    expect(await one.getInstances('orders')).toEqual([])
    expect((await one.getInstance('mine'))?.name).toBe('users')
    expect(await one.heartbeat('mine')).toBe(true)
    await one.deregister('mine')
    expect(await two.getInstance('mine')).toBeNull()
    expect((await redis.keys('*owner*')).length).toBe(0)
  })

  it('forgets an id of another form with its lease, and keeps it with its heartbeats', async () => {
    const backend = backends.open({ ttl: 0.2 })
    await backend.register(sampleInstance({ id: 'mine' }))
    const endsAt = performance.now() + 600
    while (performance.now() < endsAt) expect(await backend.heartbeat('mine')).toBe(true)
    expect((await backends.open().getInstance('mine'))?.id).toBe('mine')
    await expect.poll(() => redis.keys('*owner*'), patience).toEqual([])
  })

  it('keeps what a foreign writer has put into an entry when a status changes', async () => {
    const backend = backends.open()
    await backend.register(sampleInstance({ metadata: { empty: [], deep: { list: [] } } }))
    const foreign = { ...(JSON.parse((await redis.hget(keys.instances, id)) ?? '') as object), team: 'a', tags: [] }
    await redis.hset(keys.instances, id, JSON.stringify(foreign))
    await backend.updateStatus(id, ServiceStatus.DOWN)
    expect(JSON.parse((await redis.hget(keys.instances, id)) ?? '')).toEqual({ ...foreign, status: 'DOWN' })
  })

  it('leaves out corrupt entries, reports each once, and serves the others', async () => {
    const { messages, logger } = logged()
    const backend = backends.open({}, {}, { logger })
    await backend.register(sampleInstance())
    const corrupt = {
      broken: '{"id":',
      number: '7',
      portless: '{"id":"portless","name":"orders","host":"a"}',
      'other id': JSON.stringify(sampleInstance()),
    }
    for (const [field, text] of Object.entries(corrupt)) {
      await redis.hset(keys.instances, field, text)
      await redis.zadd(keys.expiries, Date.now() + 60_000, field)
    }
    const watch = recorded(backend)
    await expect.poll(watch.ids, patience).toEqual([id])
    for (let time = 0; time < 3; time++) expect((await backend.getInstances('orders')).map((one) => one.id)).toEqual([id])
    expect(await backend.getInstance('broken')).toBeNull()
    expect(messages).toHaveLength(4)
    expect(messages.join('\n')).toMatch(/broken of hazeljs:discovery:\{orders\}:instances/)
  })

  it('reports what is no change on a channel, and goes on', async () => {
    const { messages, logger } = logged()
    const backend = backends.open({}, {}, { logger })
    const watch = recorded(backend)
    await expect.poll(watch.ids, patience).toEqual([])
    for (const text of ['garbage', '1 2 3 put\n', '1 1 1 put\n[7]\n{}', '1 1 1 expired\n{}\n'])
      await redis.publish('hazeljs:discovery:{orders}:changes', text)
    await backend.register(sampleInstance())
    await expect.poll(watch.ids, patience).toEqual([id])
    expect(messages.length).toBeGreaterThan(0)
    expect(messages[0]).toContain('hazeljs:discovery:{orders}:changes')
  })

  it('drops an instance that has no lease, and one whose entry is lost is registered anew', async () => {
    const backend = backends.open()
    await redis.hset(keys.instances, id, JSON.stringify(sampleInstance()))
    expect(await backend.getInstances('orders')).toEqual([])
    expect(await redis.exists(keys.instances)).toBe(0)
    await backend.register(sampleInstance())
    await redis.del(keys.instances)
    expect(await backend.heartbeat(id)).toBe(false)
  })

  it('leaves nothing behind for ever', async () => {
    const backend = backends.open()
    await backend.register(sampleInstance())
    const service = (await redis.keys('*')).filter((key) => key.includes('{orders}'))
    expect(service).toHaveLength(3)
    for (const key of service) expect(await redis.pttl(key)).toBeGreaterThan(backend.ttlMs)
    await backend.deregister(id)
    expect(await backend.getAllServices()).toEqual([])
    expect(await redis.keys('*')).toEqual(['hazeljs:discovery:{orders}:changes'])
  })

  it('is told apart by databases and by the prefixes of clients, on channels too', async () => {
    const [inDb, prefixed, plain] = [backends.open({}, { db: 1 }), backends.open({}, { keyPrefix: 'app:' }), backends.open()]
    const watches = [inDb, prefixed, plain].map((backend) => recorded(backend))
    await expect.poll(() => watches.map((watch) => watch.ids()), patience).toEqual([[], [], []])
    await prefixed.register(sampleInstance({ port: 1 }))
    await expect.poll(() => watches[1]?.ids(), patience).toHaveLength(1)
    await inDb.register(sampleInstance({ port: 2 }))
    await expect.poll(() => watches[0]?.ids(), patience).toHaveLength(1)
    expect(await plain.getInstances('orders')).toEqual([])
    expect(watches[2]?.events).toHaveLength(1)
    expect((await redis.keys('*')).every((key) => key.startsWith('app:'))).toBe(true)
  })

  it('survives SCRIPT FLUSH', async () => {
    const backend = backends.open()
    await backend.register(sampleInstance())
    await redis.script('FLUSH')
    expect(await backend.heartbeat(id)).toBe(true)
  })

  it('does not clash with the entries of an index that came back', async () => {
    const backend = backends.open({ ttl: 0.2 })
    await backend.register(sampleInstance())
    await expect.poll(() => backend.getAllServices(), patience).toEqual([])
    await backend.register(sampleInstance())
    expect(await backend.getAllServices()).toEqual(['orders'])
  })
})
