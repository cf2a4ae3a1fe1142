import { silentLogger } from '@hazeljs/core'
import { ServiceRegistry } from '@hazeljs/discovery'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GatewayServer } from '../src/index.js'
import { afterTest, send, startUpstream } from './harness.js'

describe.skipIf(serverIsMissing('redis-server'))('a gateway whose config names its registry', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await RedisServer.start()
  })
  afterAll(() => redis.kill())

  it('finds services there, serves on while it is away, and lets go of it when it is closed', async () => {
    const registry = { backend: 'redis', backendConfig: { url: `redis://127.0.0.1:${redis.port}`, ttl: '10s' } } as const
    const { port } = await startUpstream((_request, response) => response.end('hello'))
    const registration = new ServiceRegistry({ name: 'orders', port, shutdownOnSignals: false, ...registry })
    const routes = [{ path: '/orders', serviceName: 'orders' }]
    const gateway = GatewayServer.fromConfig({ discovery: registry, routes }, undefined, { logger: silentLogger })
    afterTest(() => gateway.stop())
    const listening = await gateway.listen({ port: 0, host: '127.0.0.1' })
    await registration.register()
    await expect.poll(async () => (await send(listening.port, '/orders')).status, { timeout: 10_000 }).toBe(200)
    await redis.kill()
    expect((await send(listening.port, '/orders')).text).toBe('hello')
    await redis.restart()
    await expect.poll(() => connectionsOf(redis), { timeout: 10_000 }).toBeGreaterThan(0)
    await registration.deregister()
    await gateway.close()
    await expect.poll(() => connectionsOf(redis), { timeout: 10_000 }).toBe(0)
  }, 60_000)

  it('is refused with the path of what is wrong', () => {
    const config = { discovery: { backend: 'redis', backendConfig: { ttl: -1, hots: 'a' } } }
    expect(() => GatewayServer.fromConfig(config as never)).toThrow(
      /discovery\.backendConfig\.hots: unknown option; did you mean host\?[^]*discovery\.backendConfig\.ttl: expected seconds/,
    )
  })
})

/** Of others than the one that asks. */
async function connectionsOf({ port }: RedisServer): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    socket.setEncoding('utf8').write('CLIENT LIST\r\nQUIT\r\n')
    let answer = ''
    for await (const chunk of socket) answer += String(chunk)
    return [...answer.matchAll(/^id=/gm)].length - 1
  } finally {
    socket.destroy()
  }
}
