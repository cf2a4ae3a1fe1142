import { describe, expect, it, vi } from 'vitest'
import { eventually, freeze, service, setup, takeAway } from './registration.fixture.js'

/** What FLUSHALL does, or a registry that restarts without its data. */
async function loseAll(backend: ReturnType<typeof setup>['backend']): Promise<void> {
  for (const name of await backend.getAllServices()) {
    for (const { id } of await backend.getInstances(name)) await backend.deregister(id)
  }
}

describe('a registry that loses its data', () => {
  it('has the instance again within a third of the ttl, as it was', async () => {
    const { registry, backend, clock, id } = setup({ metadata: { version: '1' }, zone: 'a' })
    await registry.register()
    const before = await backend.getInstance(id)
    await clock.advance(60_000)
    await loseAll(backend)
    await clock.advance(3_000)
    expect(await backend.getInstance(id)).toEqual({ ...before, lastHeartbeat: registry.getInstance()?.lastHeartbeat })
  })

  it('has the verdict of the checks again', async () => {
    const { port, health } = await service()
    const { registry, backend, status, clock } = setup({ port, healthCheckPath: '/health', healthCheckInterval: '1s' })
    await registry.register()
    health.status = 500
    await eventually(clock, async () => (await status()) === 'DOWN')
    await loseAll(backend)
    await eventually(clock, async () => (await status()) === 'DOWN')
  })

  it('does not put back in service what an operator took out', async () => {
    const { registry, backend, clock, status, id, changes } = setup()
    await registry.register()
    await backend.updateStatus(id, 'OUT_OF_SERVICE')
    await clock.advance(3_000)
    expect(registry.getInstance()?.status).toBe('OUT_OF_SERVICE')
    await loseAll(backend)
    await clock.advance(3_000)
    expect(await status()).toBe('OUT_OF_SERVICE')
    await backend.updateStatus(id, 'UP')
    await clock.advance(3_000)
    expect(await status()).toBe('UP')
    expect(changes).toEqual([
      { from: 'UP', to: 'OUT_OF_SERVICE', reason: 'an operator took the instance out of service' },
      { from: 'OUT_OF_SERVICE', to: 'UP', reason: 'an operator put the instance back in service' },
    ])
  })
})

describe('a restart', () => {
  it('takes the place of the instance before, as a new start', async () => {
    const { registry, restarted, backend, clock, id } = setup()
    await registry.register()
    await clock.advance(1_000)
    await restarted().register()
    expect(await backend.getInstances('orders')).toMatchObject([{ id, registeredAt: clock.wallTime() }])
  })
})

describe('a registry that never answers', () => {
  it('makes register() reject after 5 s, and nothing goes on', async () => {
    const { registry, backend, clock } = setup()
    const wake = freeze(backend)
    const failure = expect(registry.register()).rejects.toMatchObject({
      code: 'REGISTRATION_FAILED',
      cause: { message: 'The registry did not answer within 5000 ms' },
    })
    await clock.advance(5_000)
    await failure
    expect(clock.pendingTimers).toBe(0)
    wake()
    await registry.register()
  })

  it('does not hold up deregister() for longer than two calls take', async () => {
    const { registry, backend, clock } = setup()
    await registry.register()
    const wake = freeze(backend)
    await clock.advance(3_000)
    const failure = expect(registry.deregister()).rejects.toMatchObject({ code: 'REGISTRATION_FAILED' })
    await clock.advance(10_000)
    await failure
    wake()
    await registry.deregister()
  })

  it('is told again when it answers again', async () => {
    const { registry, backend, clock, status, warn } = setup()
    await registry.register()
    const wake = freeze(backend)
    await clock.advance(60_000)
    expect(warn).toHaveBeenCalledTimes(1)
    wake()
    await clock.advance(10_000)
    expect(await status()).toBe('UP')
  })
})

describe('retryRegistration', () => {
  it('tries on until the registry takes the instance, at longer and longer intervals', async () => {
    const { registry, backend, clock, status, warn } = setup({ retryRegistration: true })
    const isBack = takeAway(backend)
    const getInstance = vi.mocked(backend).getInstance
    const registered = registry.register()
    await clock.advance(0)
    expect(getInstance).toHaveBeenCalledTimes(1)
    await clock.advance(7_000)
    expect(getInstance.mock.calls.length).toBeGreaterThanOrEqual(3)
    await clock.advance(300_000)
    expect(getInstance.mock.calls.length).toBeLessThanOrEqual(30)
    expect(warn).toHaveBeenCalledTimes(1)
    expect(registry.getInstance()).toBeNull()
    isBack()
    await clock.advance(30_000)
    await registered
    expect(await status()).toBe('UP')
  })

  it('ends with deregister()', async () => {
    const { registry, backend, clock } = setup({ retryRegistration: true })
    const isBack = takeAway(backend)
    const registered = registry.register()
    await clock.advance(100)
    isBack()
    await registry.deregister()
    await registered
    await clock.advance(60_000)
    expect(await backend.getInstances('orders')).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })
})
