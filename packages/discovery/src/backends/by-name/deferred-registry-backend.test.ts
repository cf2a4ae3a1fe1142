import { describe, expect, it, vi } from 'vitest'
import { backendContract, sampleInstance } from '../../testing/index.js'
import { FakeClock } from '@hazeljs/core/testing'
import { MemoryRegistryBackend } from '../memory/memory-registry-backend.js'
import type { RegistryEvent } from '../registry-backend.js'
import { DeferredRegistryBackend, type LoadedBackend } from './deferred-registry-backend.js'

const settle = () => new Promise((resolve) => setImmediate(resolve))

function setup(failures = 0) {
  const clock = new FakeClock()
  const memory = new MemoryRegistryBackend({ ttl: '1s' }, clock)
  const release = vi.fn()
  const load = vi.fn(async (): Promise<LoadedBackend> => {
    await settle()
    if (load.mock.calls.length <= failures) throw new Error('no such package')
    return { backend: memory, release }
  })
  const backend = new DeferredRegistryBackend(memory.ttlMs, load)
  const events: RegistryEvent[] = []
  return { clock, memory, backend, load, release, events, listener: (event: RegistryEvent) => events.push(event) }
}

describe('DeferredRegistryBackend', () => {
  backendContract({ describe, it }, () => {
    const { backend, clock } = setup()
    return { backend, advance: (ms) => clock.advance(ms) }
  })

  it('loads with the first call, once', async () => {
    const { backend, load } = setup()
    await settle()
    expect(load).not.toHaveBeenCalled()
    await Promise.all([backend.register(sampleInstance()), backend.getInstances('orders'), backend.cleanup()])
    await backend.getAllServices()
    expect(load).toHaveBeenCalledTimes(1)
  })

  it('rejects where loading fails, and tries again with the next call', async () => {
    const { backend } = setup(1)
    await expect(backend.getInstances('orders')).rejects.toThrow('no such package')
    expect(await backend.getInstances('orders')).toEqual([])
  })

  it('tells a watch that loading failed, unless it was stopped', async () => {
    const { backend, events, listener } = setup(2)
    backend.watch('orders', listener)()
    backend.watch('orders', listener)
    await settle()
    await settle()
    expect(events.map((event) => event.kind === 'failure' && event.error.message)).toEqual(['no such package'])
  })

  it('sets up a watch for which loading failed as soon as a later call has loaded it, unless it was stopped', async () => {
    const { backend, memory, events, listener } = setup(1)
    const watch = vi.spyOn(memory, 'watch')
    backend.watch('orders', listener)
    const stop = backend.watch('payments', listener)
    await settle()
    await settle()
    stop()
    await backend.register(sampleInstance())
    await settle()
    expect(events.at(-1)).toMatchObject({ kind: 'snapshot', instances: [sampleInstance({ lastHeartbeat: expect.any(Number) as number })] })
    expect(watch.mock.calls.map(([name]) => name)).toEqual(['orders'])
  })

  it('sets up no watch that was stopped while it loaded', async () => {
    const { backend, memory, events, listener } = setup()
    const watch = vi.spyOn(memory, 'watch')
    const stop = backend.watch('orders', listener)
    stop()
    await backend.cleanup()
    expect([watch.mock.calls, events]).toEqual([[], []])
  })

  it('closes what it has loaded, or is loading, and then what was opened for it', async () => {
    const { backend, memory, release, events, listener } = setup()
    const close = vi.spyOn(memory, 'close')
    backend.watch('orders', listener)
    await backend.close()
    await backend.close()
    await settle()
    expect([close.mock.calls.length, release.mock.calls.length, events]).toEqual([1, 1, []])
    expect(close.mock.invocationCallOrder[0]).toBeLessThan(release.mock.invocationCallOrder[0] ?? 0)
  })

  it('loads nothing in order to be closed, and nothing afterwards', async () => {
    const { backend, load, events, listener } = setup()
    await backend.close()
    await expect(backend.register(sampleInstance())).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
    backend.watch('orders', listener)
    await settle()
    expect(events.map(({ kind }) => kind)).toEqual(['failure'])
    expect(load).not.toHaveBeenCalled()
  })
})
