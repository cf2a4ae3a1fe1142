import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { MemoryRegistryBackend } from '../backends/memory/memory-registry-backend.js'
import { DiscoveryClient } from '../discovery-client.js'
import { sampleInstance } from '../testing/index.js'

function setup() {
  const clock = new FakeClock()
  const backend = new MemoryRegistryBackend({}, clock)
  const client = new DiscoveryClient({}, backend, { clock, random: new SeededRandom(1) })
  return { clock, backend, client }
}

describe('InstancePicker', () => {
  it('finds nobody before the instances are known, and picks without waiting afterwards', async () => {
    const { backend, client } = setup()
    await backend.register(sampleInstance())
    const picker = client.picker('orders')
    expect([picker.ready, picker.acquire(), picker.instances]).toEqual([false, undefined, []])
    await picker.whenReady()
    expect(picker.ready).toBe(true)
    expect(picker.acquire()?.instance.port).toBe(3000)
    expect(picker.instances).toHaveLength(1)
  })

  it('follows the registry', async () => {
    const { backend, client } = setup()
    const picker = client.picker('orders', { filter: { tags: ['v1'] } })
    await picker.whenReady()
    expect(picker.acquire()).toBeUndefined()
    await backend.register(sampleInstance({ port: 1, tags: ['v1'] }))
    await backend.register(sampleInstance({ port: 2, tags: ['v2'] }))
    expect(picker.acquire()?.instance.port).toBe(1)
    await backend.updateStatus('orders:127.0.0.1:1', 'DOWN')
    expect(picker.acquire()).toBeUndefined()
    await backend.updateStatus('orders:127.0.0.1:1', 'UP')
    expect(picker.instances.map(({ port }) => port)).toEqual([1])
  })

  it('shares its state with pickers of the same service, filter and strategy', async () => {
    const { backend, client } = setup()
    for (const port of [1, 2]) await backend.register(sampleInstance({ port, zone: 'a' }))
    const one = client.picker('orders', { strategy: 'least-connections', filter: { zone: 'a', tags: [] } })
    const other = client.picker('orders', { strategy: 'least-connections', filter: { tags: [], zone: 'a' } })
    await one.whenReady()
    const busy = one.acquire()
    for (let call = 0; call < 20; call++) {
      const lease = other.acquire()
      expect(lease?.instance.port).not.toBe(busy?.instance.port)
      lease?.release()
    }
  })

  it('ends the watch with the last of them', async () => {
    const { backend, client, clock } = setup()
    await backend.register(sampleInstance())
    const [one, other] = [client.picker('orders'), client.picker('orders')]
    await one.whenReady()
    const lease = one.acquire()
    one.close()
    one.close()
    expect(one.acquire()).toBeUndefined()
    expect(other.acquire()).toBeDefined()
    other.close()
    await clock.advance(0)
    expect(clock.pendingTimers).toBe(0)
    lease?.release()
    const again = client.picker('orders')
    await again.whenReady()
    expect(again.acquire()).toBeDefined()
  })

  it('keeps its place while hundreds of other filters pass by', async () => {
    const { backend, client } = setup()
    await backend.register(sampleInstance({ tags: ['v1'] }))
    const picker = client.picker('orders', { filter: { tags: ['v1'] } })
    for (let tag = 0; tag < 600; tag++) await client.getInstance('orders', 'random', { tags: [`t${tag}`] })
    await backend.register(sampleInstance({ port: 2, tags: ['v1'] }))
    expect(picker.instances).toHaveLength(2)
  })
})
