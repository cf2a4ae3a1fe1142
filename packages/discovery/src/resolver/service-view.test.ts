import { type ServiceInstance, silentLogger } from '@hazeljs/core'
import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { answerTimeoutMs } from '../backends/answer-within.js'
import type { RegistryBackend, RegistryListener, Removal } from '../backends/registry-backend.js'
import type { DiscoveryClientConfig } from '../config.js'
import { DiscoveryClient } from '../discovery-client.js'
import { sampleInstance } from '../testing/index.js'
import { idleAfterMs } from './service-view.js'

const down = new Error('the registry is down')

/** A registry that a test drives: what it lists, what its watch tells, whether it answers at all. */
class ScriptedBackend implements Pick<RegistryBackend, 'getInstances' | 'watch'> {
  listed: ServiceInstance[] = []
  answer: 'at once' | 'never' | 'with an error' | 'by throwing' = 'at once'
  listings = 0
  listener: RegistryListener | undefined

  getInstances(): Promise<readonly ServiceInstance[]> {
    this.listings++
    if (this.answer === 'by throwing') throw down
    if (this.answer === 'with an error') return Promise.reject(down)
    return this.answer === 'never' ? new Promise(() => undefined) : Promise.resolve(this.listed)
  }

  watch(_name: string, listener: RegistryListener): () => void {
    this.listener = listener
    return () => (this.listener = undefined)
  }

  push(instances: readonly ServiceInstance[], removed: readonly Removal[] = []): void {
    this.listener?.({ kind: 'snapshot', instances, removed })
  }
}

function setup(config: DiscoveryClientConfig = {}, watched = true) {
  const clock = new FakeClock()
  const backend = new ScriptedBackend()
  backend.listed = instances(1, 2, 3, 4)
  if (!watched) Object.assign(backend, { watch: undefined })
  const warn = vi.fn()
  const dependencies = { clock, random: new SeededRandom(1), logger: { ...silentLogger, warn } }
  const client = new DiscoveryClient(config, backend as Partial<RegistryBackend> as RegistryBackend, dependencies)
  const ports = async () => (await client.getInstances('orders')).map(({ port }) => port)
  return { clock, backend, client, ports, warn }
}

const instances = (...ports: number[]) => ports.map((port) => sampleInstance({ port }))
const gone = (reason: Removal['reason'], ...ports: number[]) => instances(...ports).map(({ id }): Removal => ({ id, reason }))

describe('listing', () => {
  it('is done once for all who wait for it', async () => {
    const { backend, client } = setup({ cacheEnabled: false })
    await Promise.all([client.getInstances('orders'), client.getInstance('orders'), client.acquire('orders', 'random')])
    expect(backend.listings).toBe(1)
    await client.getInstances('orders')
    expect(backend.listings).toBe(2)
  })

  it('is left to the watch while that delivers', async () => {
    const { backend, ports, clock, client } = setup({ cacheTTL: '1s', refreshInterval: '1s' })
    await ports()
    backend.push(instances(1, 2))
    await clock.advance(60_000)
    expect(await ports()).toEqual([1, 2])
    expect(backend.listings).toBe(1)
    client.clearCache()
    await ports()
    expect(backend.listings).toBe(2)
  })

  it('is repeated after the TTL, and in the background, without a watch', async () => {
    const { backend, ports, clock } = setup({ cacheTTL: 5_000, refreshInterval: '20s' }, false)
    await ports()
    await clock.advance(4_000)
    await ports()
    expect(backend.listings).toBe(1)
    await clock.advance(1_001)
    await ports()
    expect(backend.listings).toBe(2)
    await clock.advance(17_000)
    expect(backend.listings).toBe(3)
  })

  it('gives way to what the watch told meanwhile', async () => {
    const { backend, ports, client } = setup()
    await ports()
    backend.push(instances(1, 2, 3))
    client.clearCache()
    const late = ports()
    backend.push(instances(1, 2, 3, 5))
    expect(await late).toEqual([1, 2, 3, 5])
  })
})

describe('a registry that fails', () => {
  it.each(['with an error', 'by throwing'] as const)('is an error while nothing is known (%s)', async (answer) => {
    const { backend, client, ports } = setup()
    backend.answer = answer
    await expect(ports()).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE', cause: down })
    await expect(client.getInstance('orders')).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
    backend.answer = 'at once'
    expect(await ports()).toEqual([1, 2, 3, 4])
  })

  it('fails when it does not answer in time', async () => {
    const { backend, ports, clock } = setup()
    backend.answer = 'never'
    const outcome = expect(ports()).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
    await clock.advance(answerTimeoutMs)
    await outcome
  })

  it('leaves what was known last in service, and says so once', async () => {
    const { backend, client, ports, clock, warn } = setup({ cacheTTL: 0, refreshInterval: 1_000 }, false)
    const stale = vi.fn()
    client.on('stale', stale)
    await ports()
    backend.answer = 'with an error'
    await clock.advance(10_000)
    expect(await ports()).toEqual([1, 2, 3, 4])
    expect((await client.getInstance('orders'))?.name).toBe('orders')
    expect(stale.mock.calls).toEqual([[{ service: 'orders', error: down }]])
    expect(warn).toHaveBeenCalledTimes(1)
    backend.answer = 'at once'
    backend.listed = instances(1, 2, 3)
    await clock.advance(2_000)
    backend.answer = 'with an error'
    await clock.advance(2_000)
    expect(await ports()).toEqual([1, 2, 3])
    expect(stale).toHaveBeenCalledTimes(2)
  })

  it('is asked again while its watch is broken', async () => {
    const { backend, ports, clock, client } = setup({ refreshInterval: 1_000 })
    const picker = client.picker('orders')
    await picker.whenReady()
    backend.push(instances(1, 2))
    backend.listener?.({ kind: 'failure', error: down })
    backend.listed = instances(1, 2, 3)
    await clock.advance(1_200)
    expect(picker.instances).toHaveLength(3)
    backend.push(instances(1))
    const { listings } = backend
    await clock.advance(10_000)
    expect(backend.listings).toBe(listings)
    expect(await ports()).toEqual([1])
  })

  it('makes a picker ready when it is back', async () => {
    const { backend, client, clock } = setup({ refreshInterval: 1_000 }, false)
    backend.answer = 'with an error'
    const picker = client.picker('orders')
    await expect(picker.whenReady()).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
    backend.answer = 'at once'
    await clock.advance(1_200)
    expect(picker.ready).toBe(true)
    expect(picker.instances).toHaveLength(4)
  })
})

describe('self-preservation', () => {
  it('holds back what would take out more than half at once, until a listing confirms it', async () => {
    const { backend, ports, clock } = setup({ refreshInterval: 1_000 })
    await ports()
    backend.push(instances(1, 2, 3, 4))
    backend.listed = instances(1)
    backend.push(instances(1), gone('expired', 2, 3, 4))
    expect(await ports()).toEqual([1, 2, 3, 4])
    backend.push(instances(1, 5))
    expect(await ports()).toEqual([1, 2, 3, 4, 5])
    await clock.advance(1_200)
    expect(await ports()).toEqual([1])
  })

  it('forgets its doubts when they return', async () => {
    const { backend, ports, clock } = setup({ refreshInterval: 1_000 })
    await ports()
    backend.push([], gone('expired', 1, 2, 3, 4))
    backend.push(instances(1, 2, 3, 4))
    backend.push(instances(1, 2, 3), gone('expired', 4))
    expect(await ports()).toEqual([1, 2, 3])
    await clock.advance(5_000)
    expect(backend.listings).toBe(1)
  })

  it('lets half go, and any number of fewer than four', async () => {
    const { backend, ports } = setup()
    await ports()
    backend.push(instances(1, 2), gone('expired', 3, 4))
    expect(await ports()).toEqual([1, 2])
    backend.push([], gone('expired', 1, 2))
    expect(await ports()).toEqual([])
  })

  it('never holds back what was deregistered', async () => {
    const { backend, ports } = setup()
    await ports()
    backend.push(instances(1), gone('deregistered', 2, 3, 4))
    expect(await ports()).toEqual([1])
  })

  it('takes two listings without a watch', async () => {
    const { backend, ports, clock } = setup({ cacheTTL: 0 }, false)
    await ports()
    backend.listed = []
    await clock.advance(1)
    expect(await ports()).toEqual([1, 2, 3, 4])
    await clock.advance(1)
    expect(await ports()).toEqual([])
  })
})

describe('a service that nobody asks for any more', () => {
  it('is no longer watched', async () => {
    const { backend, ports, clock } = setup()
    await ports()
    backend.push(instances(1))
    await clock.advance(idleAfterMs - 20_000)
    expect(backend.listener).toBeDefined()
    await clock.advance(40_000)
    expect(backend.listener).toBeUndefined()
    expect(clock.pendingTimers).toBe(0)
    expect(await ports()).toEqual([1, 2, 3, 4])
    expect(backend.listener).toBeDefined()
  })

  it('stays watched while a picker holds it', async () => {
    const { backend, client, clock } = setup()
    client.picker('orders')
    await clock.advance(2 * idleAfterMs)
    expect(backend.listener).toBeDefined()
  })
})
