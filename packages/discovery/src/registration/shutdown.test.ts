import { ConfigError } from '@hazeljs/core'
import { describe, expect, it, vi } from 'vitest'
import { freeze, setup, takeAway } from './registration.fixture.js'

describe('shutdown', () => {
  it('is OUT_OF_SERVICE for the time of the drain, with its lease kept, and then gone', async () => {
    const { registry, clock, status, changes } = setup({ drain: '20s' })
    await registry.register()
    const down = registry.shutdown()
    await clock.advance(0)
    expect(await status()).toBe('OUT_OF_SERVICE')
    expect(registry.getInstance()?.status).toBe('OUT_OF_SERVICE')
    await clock.advance(19_000)
    expect(await status()).toBe('OUT_OF_SERVICE')
    await clock.advance(1_000)
    await down
    expect(await status()).toBeUndefined()
    expect(registry.getInstance()).toBeNull()
    expect(clock.pendingTimers).toBe(0)
    expect(changes).toEqual([{ from: 'UP', to: 'OUT_OF_SERVICE', reason: 'the instance is shutting down' }])
  })

  it('drains for 5 s unless it is told otherwise', async () => {
    const { registry, clock, status } = setup()
    await registry.register()
    const down = registry.shutdown()
    await clock.advance(4_999)
    expect(await status()).toBe('OUT_OF_SERVICE')
    await clock.advance(1)
    await down
    await registry.register()
    const quick = registry.shutdown({ drain: 0 })
    await clock.advance(0)
    await quick
    expect(await status()).toBeUndefined()
  })

  it('is one, however often it is asked for, and none without a registration', async () => {
    const { registry, backend, clock } = setup()
    await registry.shutdown()
    await registry.register()
    const deregister = vi.spyOn(backend, 'deregister')
    const ends = [registry.shutdown(), registry.shutdown({ drain: '1h' })]
    await clock.advance(5_000)
    await Promise.all(ends)
    expect(deregister).toHaveBeenCalledTimes(1)
  })

  it('does not drain what the registry never took', async () => {
    const { registry, backend, clock } = setup({ retryRegistration: true })
    const isBack = takeAway(backend)
    const registered = registry.register()
    await clock.advance(100)
    isBack()
    await registry.shutdown({ drain: '1h' })
    await registered
    expect(clock.pendingTimers).toBe(0)
  })

  it('is cut short by deregister()', async () => {
    const { registry, clock, status } = setup()
    await registry.register()
    const down = registry.shutdown({ drain: '1h' })
    await clock.advance(1_000)
    await registry.deregister()
    await down
    expect(await status()).toBeUndefined()
    expect(clock.pendingTimers).toBe(0)
  })

  it('can be followed by another registration', async () => {
    const { registry, clock, status } = setup()
    await registry.register()
    const down = registry.shutdown()
    await clock.advance(5_000)
    await down
    await registry.register()
    expect(await status()).toBe('UP')
    await clock.advance(10_000)
    expect(await status()).toBe('UP')
  })

  it('tells a registry that was away as soon as it is back', async () => {
    const { registry, backend, clock, status } = setup({ drain: '1m' })
    await registry.register()
    const isBack = takeAway(backend)
    const down = registry.shutdown()
    await clock.advance(1_000)
    isBack()
    expect(await status()).toBe('UP')
    await clock.advance(3_000)
    expect(await status()).toBe('OUT_OF_SERVICE')
    await clock.advance(60_000)
    await down
  })

  it('stays out of service when the registry loses its data meanwhile', async () => {
    const { registry, backend, clock, status, id } = setup({ drain: '1m' })
    await registry.register()
    const down = registry.shutdown()
    await clock.advance(1_000)
    await backend.deregister(id)
    await clock.advance(3_000)
    expect(await status()).toBe('OUT_OF_SERVICE')
    await clock.advance(60_000)
    await down
  })

  it('rejects when the registry is away at the end, in bounded time when it never answers', async () => {
    const { registry, backend, clock } = setup()
    await registry.register()
    const wake = freeze(backend)
    const failure = expect(registry.shutdown()).rejects.toMatchObject({ code: 'REGISTRATION_FAILED' })
    await clock.advance(20_000)
    await failure
    wake()
    await registry.deregister()
  })

  it.each(['soon', -1])('refuses %o as a drain, and goes on', async (drain) => {
    const { registry, status } = setup()
    await registry.register()
    await expect(registry.shutdown({ drain: drain as never })).rejects.toBeInstanceOf(ConfigError)
    expect(await status()).toBe('UP')
  })
})

describe('deregister()', () => {
  it('asks the registry once, however many wait for it', async () => {
    const { registry, backend } = setup()
    await registry.register()
    const deregister = vi.spyOn(backend, 'deregister')
    await Promise.all([registry.deregister(), registry.shutdown(), registry.deregister()])
    expect(deregister).toHaveBeenCalledTimes(1)
  })
})

describe('a process that is killed while it drains', () => {
  it('is in service again after its restart', async () => {
    const { registry, restarted, backend, clock, status } = setup({ metadata: { version: '1' } })
    await registry.register()
    void registry.shutdown({ drain: '1h' })
    await clock.advance(0)
    expect(await status()).toBe('OUT_OF_SERVICE')
    await restarted().register()
    expect(await backend.getInstances('orders')).toMatchObject([{ status: 'UP', metadata: { version: '1' } }])
    await registry.deregister()
  })

  it('is not, when an operator took it out', async () => {
    const { registry, restarted, backend, clock, status, id } = setup()
    await registry.register()
    await backend.updateStatus(id, 'OUT_OF_SERVICE')
    void registry.shutdown({ drain: '1h' })
    await clock.advance(0)
    await restarted().register()
    expect(await status()).toBe('OUT_OF_SERVICE')
    await registry.deregister()
  })
})
