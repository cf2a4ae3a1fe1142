import { once } from 'node:events'
import { createServer } from 'node:net'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'
import { describe, expect, it, vi } from 'vitest'
import { atEnd, eventually, service, setup } from './registration.fixture.js'

describe('the status of a registration', () => {
  it('changes for a reason that listeners and the log are told', async () => {
    const { port, health } = await service()
    health.status = 503
    const { registry, clock, changes, warn, info } = setup({ port, healthCheckPath: '/health', healthCheckInterval: '1s' })
    await registry.register()
    const fields = { service: 'orders', host: '127.0.0.1', port }
    const reason = 'The health check was answered with status 503'
    expect(warn.mock.calls).toEqual([[{ ...fields, reason }, 'A health check of the instance failed']])
    health.status = 200
    await eventually(clock, () => changes.length === 1)
    health.status = 500
    await eventually(clock, () => changes.length === 2)
    expect(changes).toEqual([
      { from: 'STARTING', to: 'UP', reason: 'its health checks are good' },
      { from: 'UP', to: 'DOWN', reason: 'The health check was answered with status 500' },
    ])
    expect(info.mock.calls.map(([told]) => told as unknown)).toContainEqual({
      ...fields,
      from: 'UP',
      status: 'DOWN',
      reason: 'The health check was answered with status 500',
    })
  })

  it('complains of a failure once as long as it is the same', async () => {
    const { port, health } = await service()
    health.status = 503
    const { registry, clock, warn } = setup({ port, healthCheckPath: '/health', healthCheckInterval: '1s' })
    await registry.register()
    await eventually(clock, () => health.asked >= 4)
    health.status = 500
    await eventually(clock, () => health.asked >= 8)
    expect(warn.mock.calls.length).toBe(2)
  })

  it('is not hurt by listeners that throw, and not told to those that left', async () => {
    const { registry, backend, clock, id, status } = setup()
    const warning = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined)
    const left = vi.fn()
    registry.on('status', () => {
      throw new Error('mine')
    })
    registry.on('status', left).off('status', left)
    await registry.register()
    await backend.updateStatus(id, 'OUT_OF_SERVICE')
    await clock.advance(3_000)
    expect(await status()).toBe('OUT_OF_SERVICE')
    expect(warning).toHaveBeenCalled()
    expect(left).not.toHaveBeenCalled()
    warning.mockRestore()
  })
})

describe('healthCheckType', () => {
  it('tcp: UP while somebody listens, DOWN when nobody does', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { registry, clock, status, changes } = setup({ port, healthCheckType: 'tcp', healthCheckInterval: '1s' })
    await registry.register()
    expect(await status()).toBe('UP')
    expect(registry.getInstance()).not.toHaveProperty('healthCheckPath')
    server.close()
    await eventually(clock, async () => (await status()) === 'DOWN')
    expect(changes.at(-1)?.reason).toContain('ECONNREFUSED')
  })

  it('grpc: as the health service of a real server says', async () => {
    const server = new Server()
    const health = new HealthImplementation({ '': 'SERVING', orders: 'NOT_SERVING' })
    health.addToServer(server)
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    )
    atEnd(() => server.forceShutdown())
    const config = { port, protocol: 'grpc', healthCheckType: 'grpc', healthCheckService: 'orders', healthCheckInterval: '1s' } as const
    const { registry, clock, status, changes } = setup(config)
    await registry.register()
    expect(await status()).toBe('STARTING')
    health.setStatus('orders', 'SERVING')
    await eventually(clock, async () => (await status()) === 'UP')
    health.setStatus('orders', 'NOT_SERVING')
    await eventually(clock, async () => (await status()) === 'DOWN')
    expect(changes.at(-1)?.reason).toBe('The health check was answered with NOT_SERVING')
  })
})
