import { ConfigError } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { backendContract, sampleInstance } from '../../testing/index.js'
import { defaultMemoryTtlMs, MemoryRegistryBackend } from './memory-registry-backend.js'

function setup(ttl?: number) {
  const clock = new FakeClock()
  const backend = new MemoryRegistryBackend(ttl === undefined ? {} : { ttl }, clock)
  return { clock, backend, advance: (ms: number) => clock.advance(ms) }
}

describe('MemoryRegistryBackend', () => {
  backendContract({ describe, it }, () => setup(1_000))

  it('keeps registrations for 90 s', () => {
    expect(setup().backend.ttlMs).toBe(defaultMemoryTtlMs)
    expect(defaultMemoryTtlMs).toBe(90_000)
  })

  it.each([{ ttl: 0 }, { ttl: -1 }, { ttl: 'soon' }, { tttl: 5 }])('refuses %o', (options) => {
    expect(() => new MemoryRegistryBackend(options)).toThrow(ConfigError)
  })

  it('hands out frozen instances, and new ones after a heartbeat', async () => {
    const { backend, clock } = setup()
    await backend.register(sampleInstance())
    const before = await backend.getInstance(sampleInstance().id)
    await clock.advance(10)
    await backend.heartbeat(sampleInstance().id)
    const after = await backend.getInstance(sampleInstance().id)
    expect(Object.isFrozen(before)).toBe(true)
    expect(before?.lastHeartbeat).toBe(0)
    expect(after?.lastHeartbeat).toBe(clock.wallTime())
  })

  it('tells those who expire together in one event', async () => {
    const { backend, clock } = setup(1_000)
    await backend.register(sampleInstance({ port: 1 }))
    await backend.register(sampleInstance({ port: 2 }))
    const removals: number[] = []
    backend.watch('orders', (event) => event.kind === 'snapshot' && removals.push(event.removed.length))
    await clock.advance(1_000)
    expect(removals).toEqual([0, 2])
  })

  it('tells nobody of those who had expired before', async () => {
    const { backend, clock } = setup(1_000)
    await backend.register(sampleInstance())
    await clock.advance(1_000)
    const listener = vi.fn()
    backend.watch('orders', listener)
    await clock.advance(0)
    expect(listener.mock.calls).toEqual([[{ kind: 'snapshot', instances: [], removed: [] }]])
  })

  it('tells the old service when an id moves to another', async () => {
    const { backend, clock } = setup()
    const listener = vi.fn()
    await backend.register(sampleInstance({ id: 'x' }))
    backend.watch('orders', listener)
    await clock.advance(0)
    await backend.register(sampleInstance({ id: 'x', name: 'users' }))
    expect(listener).toHaveBeenLastCalledWith({ kind: 'snapshot', instances: [], removed: [{ id: 'x', reason: 'deregistered' }] })
    expect(await backend.getAllServices()).toEqual(['users'])
  })

  it('is not hurt by a listener that throws', async () => {
    const { backend, clock } = setup()
    const warning = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined)
    const listener = vi.fn()
    backend.watch('orders', () => {
      throw new Error('mine')
    })
    backend.watch('orders', listener)
    await clock.advance(0)
    await backend.register(sampleInstance())
    expect(listener).toHaveBeenCalledTimes(2)
    expect(warning).toHaveBeenCalled()
    warning.mockRestore()
  })

  it('waits for expiry only while somebody watches, and not after it was closed', async () => {
    const { backend, clock } = setup(1_000)
    await backend.register(sampleInstance())
    expect(clock.pendingTimers).toBe(0)
    const stop = backend.watch('orders', () => undefined)
    expect(clock.pendingTimers).toBe(1)
    stop()
    expect(clock.pendingTimers).toBe(0)
    backend.watch('orders', () => undefined)
    await backend.close()
    expect(clock.pendingTimers).toBe(0)
  })
})
