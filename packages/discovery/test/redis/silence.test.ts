import { sampleInstance } from '@hazeljs/discovery/testing'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { TcpProxy } from '../etcd/tcp-proxy.fixture.js'
import { Backends, recorded } from './clients.fixture.js'

const patience = { timeout: 15_000, interval: 10 }

describe.skipIf(serverIsMissing('redis-server'))('a connection of a watch on which nothing is ever answered', () => {
  let server: RedisServer
  let proxy: TcpProxy
  let backends: Backends

  beforeAll(async () => {
    server = await RedisServer.start()
    proxy = await TcpProxy.to(server.port)
    backends = new Backends(proxy.port)
  })
  afterEach(() => backends.close())
  afterAll(async () => {
    await proxy.close()
    await server.kill()
  })

  it('is given up, and another one is made', async () => {
    const backend = backends.open()
    await backend.register(sampleInstance())
    proxy.stallNew()
    const watch = recorded(backend)
    await expect.poll(() => proxy.connections, patience).toBe(2)
    proxy.flowNew()
    await expect.poll(watch.ids, patience).toEqual([sampleInstance().id])
    expect(watch.failures()[0]?.message).toContain('5000 ms')
  }, 20_000)

  it('is given up as well when a service is watched later', async () => {
    const backend = backends.open({ resyncInterval: '1h' })
    await backend.register(sampleInstance())
    const watch = recorded(backend)
    await expect.poll(watch.ids, patience).toHaveLength(1)
    proxy.stallNewest()
    const later = recorded(backend, 'users')
    await expect.poll(later.ids, patience).toEqual([])
    await backend.register(sampleInstance({ port: 9 }))
    await expect.poll(watch.ids, patience).toHaveLength(2)
  }, 20_000)
})
