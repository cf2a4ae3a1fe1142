import { DiscoveryClient, MemoryRegistryBackend, ServiceStatus } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { Redis } from 'ioredis'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hazel, moleculer, publishedInstance } from './peers.js'

// What docs/discovery-comparison.md says of registries, run.

const require = createRequire(import.meta.url)

describe('an operator takes an instance out of service', () => {
  it('ours: the next heartbeat leaves it there', async () => {
    const backend = new MemoryRegistryBackend()
    const { id } = sampleInstance()
    await backend.register(sampleInstance())
    await backend.updateStatus(id, ServiceStatus.OUT_OF_SERVICE)
    await backend.heartbeat(id)
    expect((await backend.getInstance(id))?.status).toBe('OUT_OF_SERVICE')
  })

  it('@hazeljs/discovery 2.0.2: the next heartbeat brings it back', async () => {
    const backend = new hazel.MemoryRegistryBackend()
    const { id } = publishedInstance()
    await backend.register(publishedInstance())
    await backend.updateStatus(id, 'OUT_OF_SERVICE')
    await backend.heartbeat(id)
    expect((await backend.getInstance(id))?.status).toBe('UP')
  })
})

describe('a registry that fails', () => {
  const failing = () => Promise.reject(new Error('away'))

  it('ours: what was known last stays in service', async () => {
    const backend = new MemoryRegistryBackend()
    await backend.register(sampleInstance())
    const client = new DiscoveryClient({ cacheEnabled: true, cacheTTL: 1 }, backend)
    await client.getInstance('orders')
    await backend.close() // no watch, and every further listing fails
    Object.assign(backend, { getInstances: failing })
    client.clearCache()
    expect((await client.getInstance('orders'))?.id).toBe(sampleInstance().id)
    await client.close()
  })

  it('@hazeljs/discovery 2.0.2: the next read without a fresh list fails', async () => {
    const backend = new hazel.MemoryRegistryBackend()
    await backend.register(publishedInstance())
    const client = new hazel.DiscoveryClient({ cacheEnabled: true }, backend)
    await client.getInstance('orders')
    Object.assign(backend, { getInstances: failing })
    client.clearCache()
    await expect(client.getInstance('orders')).rejects.toThrow('away')
  })
})

describe.skipIf(serverIsMissing('redis-server'))('@hazeljs/discovery 2.0.2 on Redis', () => {
  let server: RedisServer
  let redis: Redis
  beforeAll(async () => {
    server = await RedisServer.start()
    redis = new Redis(server.port)
  })
  afterAll(async () => {
    redis.disconnect()
    await server.kill()
  })

  it('sends heartbeats of an instance that Redis has forgotten, and never registers it again', async () => {
    const backend = new hazel.RedisRegistryBackend(redis, {})
    await backend.register(publishedInstance())
    await redis.flushall()
    await backend.heartbeat(publishedInstance().id)
    expect(await backend.getInstances('orders')).toEqual([])
  })

  it('lists nobody when one entry is corrupt', async () => {
    const backend = new hazel.RedisRegistryBackend(redis, {})
    await backend.register(publishedInstance({ port: 1 }))
    await backend.register(publishedInstance({ port: 2 }))
    await redis.set('hazeljs:discovery:instance:orders:127.0.0.1:1', '{')
    await expect(backend.getInstances('orders')).rejects.toThrow('JSON')
  })
})

it('moleculer warns that its discoverers for Redis and etcd are not for production', () => {
  const folder = join(dirname(require.resolve('moleculer')), 'src/registry/discoverers')
  for (const name of ['redis.js', 'etcd3.js']) expect(readFileSync(join(folder, name), 'utf8')).toContain('Do NOT use it in production')
  expect(moleculer.ServiceBroker.defaultOptions).toMatchObject({ heartbeatInterval: 10, heartbeatTimeout: 30 })
  expect(moleculer.MOLECULER_VERSION).toBe('0.14.36')
})
