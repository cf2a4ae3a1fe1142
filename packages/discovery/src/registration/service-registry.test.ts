import { describe, expect, it, vi } from 'vitest'
import { defaultMemoryBackend } from '../backends/memory/memory-registry-backend.js'
import { eventually, service, setup, takeAway } from './registration.fixture.js'
import { ServiceRegistry } from './service-registry.js'

describe('ServiceRegistry', () => {
  it('registers under a stable id, with what it was told', async () => {
    const { backend, registry, id, clock } = setup({ zone: 'a', tags: ['v1'], metadata: { version: '1', weight: 80 } })
    expect(registry.getInstance()).toBeNull()
    await registry.register()
    await registry.register()
    const expected = {
      id,
      name: 'orders',
      host: '127.0.0.1',
      port: 3_000,
      protocol: 'http',
      zone: 'a',
      tags: ['v1'],
      metadata: { version: '1', weight: 80 },
      status: 'UP',
      lastHeartbeat: clock.wallTime(),
      registeredAt: clock.wallTime(),
    }
    expect(await backend.getInstances('orders')).toEqual([expected])
    expect(registry.getInstance()).toEqual(expected)
  })

  it('is UP when register() resolves and the first check was good', async () => {
    const { port, health } = await service()
    const { registry, status } = setup({ port, healthCheckPath: '/health' })
    const registered = registry.register()
    await registered
    expect(await status()).toBe('UP')
    expect(registry.getInstance()).toMatchObject({ status: 'UP', healthCheckPath: '/health', healthCheckInterval: 10_000 })
    expect(health.asked).toBe(1)
  })

  it('stays STARTING until the first good check', async () => {
    const { port, health } = await service()
    health.status = 503
    const { registry, status, clock } = setup({ port, healthCheckPath: '/health', healthCheckInterval: '1s' })
    await registry.register()
    expect(await status()).toBe('STARTING')
    await eventually(clock, () => health.asked >= 5)
    expect(await status()).toBe('STARTING')
    health.status = 200
    await eventually(clock, async () => (await status()) === 'UP')
  })

  it('goes DOWN after three bad checks and UP after two good ones', async () => {
    const { port, health } = await service()
    const { registry, status, clock } = setup({ port, healthCheckPath: '/health', healthCheckInterval: '1s' })
    await registry.register()
    health.status = 500
    await eventually(clock, async () => (await status()) === 'DOWN')
    expect(health.asked).toBeGreaterThanOrEqual(4)
    expect(registry.getInstance()?.status).toBe('DOWN')
    const asked = health.asked
    health.status = 200
    await eventually(clock, async () => (await status()) === 'UP')
    expect(health.asked).toBeGreaterThanOrEqual(asked + 2)
  })

  it('keeps its lease with a heartbeat every third of the ttl', async () => {
    const { registry, backend, clock, status } = setup()
    const heartbeat = vi.spyOn(backend, 'heartbeat')
    await registry.register()
    await clock.advance(90_000)
    expect(await status()).toBe('UP')
    expect(heartbeat.mock.calls.length).toBeGreaterThanOrEqual(30)
    expect(heartbeat.mock.calls.length).toBeLessThanOrEqual(38)
    expect(registry.getInstance()?.lastHeartbeat).toBeGreaterThan(clock.wallTime() - 3_000)
  })

  it('registers anew when the registry has forgotten it', async () => {
    const { registry, backend, clock, status, id } = setup()
    await registry.register()
    await backend.deregister(id)
    await clock.advance(3_000)
    expect(await status()).toBe('UP')
  })

  it('leaves OUT_OF_SERVICE to the operator, through heartbeats, checks and restarts', async () => {
    const { port, health } = await service()
    const { registry, restarted, backend, status, clock, id } = setup({ port, healthCheckPath: '/health', healthCheckInterval: '1s' })
    await registry.register()
    await backend.updateStatus(id, 'OUT_OF_SERVICE')
    health.status = 500
    await eventually(clock, () => health.asked >= 6)
    health.status = 200
    await eventually(clock, () => health.asked >= 12)
    expect(await status()).toBe('OUT_OF_SERVICE')
    await restarted().register()
    expect(await status()).toBe('OUT_OF_SERVICE')
  })

  it('corrects what an operator put back in service while it is ill', async () => {
    const { port, health } = await service()
    const { registry, backend, status, clock, id } = setup({ port, healthCheckPath: '/health', healthCheckInterval: '1s' })
    await registry.register()
    await backend.updateStatus(id, 'OUT_OF_SERVICE')
    health.status = 500
    await eventually(clock, () => health.asked >= 5)
    await backend.updateStatus(id, 'UP')
    await eventually(clock, async () => (await status()) === 'DOWN')
  })

  it('checks on while the registry is away, and tells it the verdict when it is back', async () => {
    const { port, health } = await service()
    const { registry, backend, status, clock, warn } = setup({ port, healthCheckPath: '/health', healthCheckInterval: '1s' })
    await registry.register()
    const isBack = takeAway(backend)
    health.status = 500
    await eventually(clock, () => health.asked >= 5)
    const complaints = warn.mock.calls.filter(([, message]) => String(message).startsWith('The registry'))
    expect(complaints).toHaveLength(1)
    isBack()
    expect(await status()).toBe('UP')
    await eventually(clock, async () => (await status()) === 'DOWN')
  })

  it('rejects, and stops, when the registry does not take it; another try may succeed', async () => {
    const { registry, backend, clock, status } = setup()
    const register = vi.spyOn(backend, 'register').mockRejectedValue(new Error('full'))
    await expect(registry.register()).rejects.toMatchObject({
      code: 'REGISTRATION_FAILED',
      message: 'orders at 127.0.0.1:3000 could not be registered: full',
    })
    expect(registry.getInstance()).toBeNull()
    expect(clock.pendingTimers).toBe(0)
    register.mockRestore()
    await registry.register()
    expect(await status()).toBe('UP')
  })

  it('deregisters for good, whatever was going on', async () => {
    const { port } = await service()
    const { registry, backend, clock } = setup({ port, healthCheckPath: '/health' })
    const registering = registry.register()
    const heartbeats = clock.advance(9_000)
    await registry.deregister()
    await Promise.all([registering, heartbeats])
    await registry.deregister()
    await clock.advance(60_000)
    expect(await backend.getInstances('orders')).toEqual([])
    expect(registry.getInstance()).toBeNull()
    expect(clock.pendingTimers).toBe(0)
  })

  it('can be registered again after it was deregistered', async () => {
    const { registry, status } = setup()
    await registry.register()
    await registry.deregister()
    await registry.register()
    expect(await status()).toBe('UP')
  })

  it('registers after a deregistration that is still going on, and not after one that came later', async () => {
    const { registry, status } = setup()
    await registry.register()
    const leaving = registry.deregister()
    await registry.register()
    await leaving
    expect(await status()).toBe('UP')
    const first = registry.deregister()
    const returning = registry.register()
    await Promise.all([first, returning, registry.deregister()])
    expect(await status()).toBeUndefined()
  })

  it('can try to deregister again when the registry was away', async () => {
    const { registry, backend, status } = setup()
    await registry.register()
    const deregister = vi.spyOn(backend, 'deregister').mockRejectedValueOnce(new Error('away'))
    await expect(registry.deregister()).rejects.toMatchObject({ code: 'REGISTRATION_FAILED' })
    await registry.deregister()
    expect(deregister).toHaveBeenCalledTimes(2)
    expect(await status()).toBeUndefined()
  })

  it('uses the backend that the process shares when it is given none', async () => {
    const registry = new ServiceRegistry({ name: 'shared-registration', port: 1 })
    await registry.register()
    expect(await defaultMemoryBackend.getInstances('shared-registration')).toHaveLength(1)
    await registry.deregister()
  })
})
