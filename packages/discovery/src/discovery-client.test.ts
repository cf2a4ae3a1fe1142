import { ConfigError, ServiceStatus } from '@hazeljs/core'
import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { defaultMemoryBackend, MemoryRegistryBackend } from './backends/memory/memory-registry-backend.js'
import type { DiscoveryClientConfig } from './config.js'
import { DiscoveryClient } from './discovery-client.js'
import type { ServiceChange } from './events.js'
import { sampleInstance } from './testing/index.js'

function setup(config: DiscoveryClientConfig = {}) {
  const clock = new FakeClock()
  const backend = new MemoryRegistryBackend({}, clock)
  const client = new DiscoveryClient(config, backend, { clock, random: new SeededRandom(1) })
  return { clock, backend, client }
}

describe.each([{ cacheEnabled: true }, { cacheEnabled: false }])('DiscoveryClient with %o', (config) => {
  it('lists all instances, or those that a filter means', async () => {
    const { backend, client } = setup(config)
    await backend.register(sampleInstance({ port: 2, tags: ['v2'], status: ServiceStatus.DOWN }))
    await backend.register(sampleInstance({ port: 1, tags: ['v1'] }))
    const ports = async (filter?: Parameters<typeof client.getInstances>[1]) =>
      (await client.getInstances('orders', filter)).map(({ port }) => port)
    expect(await ports()).toEqual([1, 2])
    expect(await ports({ tags: ['v2'] })).toEqual([2])
    expect(await ports({ status: 'UP' })).toEqual([1])
    expect(await ports()).toEqual([1, 2])
    expect(await client.getInstances('nobody')).toEqual([])
  })

  it('picks instances that are UP, in turns', async () => {
    const { backend, client } = setup(config)
    for (const port of [1, 2, 3]) await backend.register(sampleInstance({ port, tags: [port === 3 ? 'v2' : 'v1'] }))
    await backend.updateStatus('orders:127.0.0.1:1', ServiceStatus.OUT_OF_SERVICE)
    const picked = new Set<number | undefined>()
    for (let call = 0; call < 4; call++) picked.add((await client.getInstance('orders', 'round-robin'))?.port)
    expect([...picked].sort()).toEqual([2, 3])
    expect((await client.getInstance('orders', 'random', { tags: ['v2'] }))?.port).toBe(3)
    expect((await client.getInstance('orders', undefined, undefined, { exclude: ['orders:127.0.0.1:2'] }))?.port).toBe(3)
    expect(await client.getInstance('orders', 'random', { tags: ['v9'] })).toBeNull()
    expect(await client.getInstance('nobody')).toBeNull()
  })

  it('sees at once what changes in the registry', async () => {
    const { backend, client } = setup(config)
    for (const port of [1, 2, 3, 4]) await backend.register(sampleInstance({ port }))
    expect(await client.getInstances('orders')).toHaveLength(4)
    for (const port of [1, 2, 3]) await backend.deregister(`orders:127.0.0.1:${port}`)
    expect(await client.getInstances('orders')).toHaveLength(1)
    expect((await client.getInstance('orders'))?.port).toBe(4)
  })

  it('counts the calls that leases stand for', async () => {
    const { backend, client } = setup(config)
    for (const port of [1, 2]) await backend.register(sampleInstance({ port }))
    const busy = await client.acquire('orders', 'least-connections')
    const other = await client.acquire('orders', 'least-connections')
    expect(other?.instance.port).not.toBe(busy?.instance.port)
    busy?.release()
    expect((await client.getInstance('orders', 'least-connections'))?.port).toBe(busy?.instance.port)
    expect(await client.acquire('nobody')).toBeNull()
  })
})

describe('DiscoveryClient', () => {
  it('lists the services', async () => {
    const { backend, client } = setup()
    await backend.register(sampleInstance({ name: 'users' }))
    await backend.register(sampleInstance())
    expect(await client.getAllServices()).toEqual(['orders', 'users'])
  })

  it('lists what is its own to change', async () => {
    const { backend, client } = setup()
    await backend.register(sampleInstance())
    ;(await client.getInstances('orders')).pop()
    expect(await client.getInstances('orders')).toHaveLength(1)
  })

  it('refuses wrong options and unknown strategies', async () => {
    expect(() => new DiscoveryClient({ cacheTTL: 'soon' })).toThrow(ConfigError)
    const { client } = setup()
    await expect(client.getInstance('orders', 'best')).rejects.toMatchObject({ code: 'UNKNOWN_STRATEGY' })
    expect(() => client.picker('orders', { strategy: 'best' })).toThrow(/known are round-robin/)
  })

  it('shares a backend with the others of its process that were given none', async () => {
    const client = new DiscoveryClient()
    const instance = sampleInstance({ name: 'shared-by-default' })
    await defaultMemoryBackend.register(instance)
    expect((await client.getInstance('shared-by-default'))?.id).toBe(instance.id)
    await defaultMemoryBackend.deregister(instance.id)
    await client.close()
  })

  it('tells who came, who left and who moved', async () => {
    const { backend, client } = setup()
    const changes: ServiceChange[] = []
    client.on('change', (change) => changes.push(change))
    await backend.register(sampleInstance({ id: 'a' }))
    await client.getInstances('orders')
    await backend.register(sampleInstance({ id: 'b' }))
    await backend.heartbeat('a')
    await backend.updateStatus('b', ServiceStatus.DOWN)
    await backend.register(sampleInstance({ id: 'a', port: 9 }))
    await backend.deregister('b')
    const told = changes.map(({ service, added, removed, instances }) => [
      service,
      added.map(({ id, port }) => `${id}${port}`),
      removed.map(({ id, port }) => `${id}${port}`),
      instances.length,
    ])
    expect(told).toEqual([
      ['orders', ['a3000'], [], 1],
      ['orders', ['b3000'], [], 2],
      ['orders', [], [], 2],
      ['orders', ['a9'], ['a3000'], 2],
      ['orders', [], ['b3000'], 1],
    ])
  })

  it('is finished when it is closed', async () => {
    const { clock, backend, client } = setup()
    await backend.register(sampleInstance())
    const picker = client.picker('orders')
    await client.getInstance('orders')
    await client.close()
    await client.close()
    await clock.advance(0)
    expect(clock.pendingTimers).toBe(0)
    expect(picker.acquire()).toBeUndefined()
    expect(picker.instances).toEqual([])
    await expect(picker.whenReady()).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
    await expect(client.getInstance('orders')).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
    await expect(client.getAllServices()).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
    expect(() => client.picker('orders')).toThrow(expect.objectContaining({ code: 'CLIENT_CLOSED' }))
  })
})
