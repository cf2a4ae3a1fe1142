import { Agent, type ServerResponse } from 'node:http'
import { ConfigError } from '@hazeljs/core'
import { describe, expect, it, vi } from 'vitest'
import type { GatewayRouteDefinition, RoutesReplacedEvent } from '../src/index.js'
import { afterTest, MemoryRegistryBackend, register, send, startGateway, startProxy, startUpstream } from './harness.js'
import { rawClient } from './raw-http.js'

const stateful: GatewayRouteDefinition = {
  path: '/stateful',
  serviceName: 'service',
  circuitBreaker: { failureThreshold: 1, resetTimeout: '1h' },
  rateLimit: { strategy: 'token-bucket', max: 5, window: '1h' },
  canary: {
    stable: { version: 'v1', weight: 100, filter: {} },
    canary: { version: 'v2', weight: 0, filter: {} },
    promotion: { strategy: 'error-rate', steps: [10, 100] },
  },
}
const copyOf = (definition: GatewayRouteDefinition): GatewayRouteDefinition => structuredClone(definition)

describe('routes that are replaced all at once', () => {
  it('lose no request while 32 clients ask and the routes are swapped 50 times', { timeout: 30_000 }, async () => {
    const upstream = await startUpstream((request, response) => void request.pipe(response.setHeader('X-Asked', request.url ?? '')))
    const { gateway, port } = await startProxy([upstream.port], { path: '/always/**' })
    const routesOf = (round: number): GatewayRouteDefinition[] => [
      { path: '/always/**', serviceName: 'service', serviceConfig: { addPrefix: `/r${round % 7}` } },
      { path: `/only-${round}`, serviceName: 'service' },
      { path: '/unchanged', serviceName: 'service', trafficPolicy: { retry: { maxAttempts: 1 }, bulkhead: { maxConcurrent: 64 } } },
    ]
    gateway.replaceRoutes(routesOf(0))
    const agent = new Agent({ keepAlive: true, maxSockets: 32 })
    afterTest(() => {
      agent.destroy()
    })
    const wrong: unknown[] = []
    let answers = 0
    let swapping = true
    const client = async (number: number) => {
      while (swapping) {
        const path = number % 2 === 0 ? '/always/x' : '/unchanged'
        const answer = await send(port, path, { agent, method: 'POST', body: `client ${number}` })
        answers++
        const asked = String(answer.headers['x-asked'])
        const expected = number % 2 === 0 ? /^\/r[0-6]\/always\/x$/ : /^\/unchanged$/
        if (answer.status !== 200 || answer.text !== `client ${number}` || !expected.test(asked)) wrong.push(answer)
      }
    }
    const clients = Array.from({ length: 32 }, (_, number) => client(number))
    for (let round = 1; round <= 50; round++) {
      gateway.replaceRoutes(routesOf(round))
      expect((await send(port, `/only-${round}`)).status).toBe(200)
      expect((await send(port, `/only-${round - 1}`)).status).toBe(404)
    }
    swapping = false
    await Promise.all(clients)
    expect(wrong).toEqual([])
    expect(answers).toBeGreaterThan(200)
  })

  it('keep the state of those that say the same, and drop that of those that changed', async () => {
    const upstream = await startUpstream((_request, response) => response.writeHead(500).end())
    const { gateway, port } = await startProxy([upstream.port], stateful)
    expect((await send(port, '/stateful')).status).toBe(500)
    gateway.getCanaryEngine('/stateful')?.pause()
    const engine = gateway.getCanaryEngine('/stateful')

    gateway.replaceRoutes([{ path: '/new', serviceName: 'service' }, copyOf(stateful)])
    expect(gateway.getCanaryEngine('/stateful')).toBe(engine)
    expect(engine?.getStatus().state).toBe('PAUSED')
    expect(gateway.getMetrics().getSnapshot().aggregated.failureCalls).toBe(1)
    const refused = await send(port, '/stateful')
    expect([refused.status, refused.headers.ratelimit]).toEqual([503, expect.stringMatching(/r=3;/)])

    gateway.replaceRoutes([{ ...stateful, circuitBreaker: { failureThreshold: 2 } }])
    expect(gateway.getCanaryEngine('/stateful')).toBe(engine)
    expect(gateway.getMetrics().getSnapshot().aggregated.totalCalls).toBe(0)
    const fresh = await send(port, '/stateful')
    expect([fresh.status, fresh.headers.ratelimit]).toEqual([500, expect.stringMatching(/r=4;/)])
  })

  it('keep their state when only their methods come in another order or in other letters', async () => {
    const { gateway } = await startProxy([], { ...stateful, methods: ['GET', 'POST'] })
    const engine = gateway.getCanaryEngine('/stateful')
    gateway.replaceRoutes([{ ...stateful, methods: ['post', 'Get'] }])
    expect(gateway.getCanaryEngine('/stateful')).toBe(engine)
    gateway.replaceRoutes([{ ...stateful, methods: ['GET'] }])
    expect(gateway.getCanaryEngine('/stateful')).not.toBe(engine)
  })

  it('keep the connections to the instances', async () => {
    const upstream = await startUpstream((_request, response) => response.end('x'))
    const { gateway, port } = await startProxy([upstream.port], { path: '/a' })
    await send(port, '/a')
    gateway.replaceRoutes([{ path: '/b', serviceName: 'service' }])
    await send(port, '/b')
    expect(upstream.requests[1]?.socket).toBe(upstream.requests[0]?.socket)
  })

  it('let go of a removed route when its last stream has ended, and tell', async () => {
    const waiting: ServerResponse[] = []
    const upstream = await startUpstream((_request, response) => waiting.push(response))
    const { gateway, port } = await startProxy([upstream.port], { path: '/old' })
    const events: unknown[] = []
    gateway.on('route:released', ({ route }) => events.push(route))
    gateway.on('routes:replaced', (event: RoutesReplacedEvent) => events.push(event))
    const stream = await rawClient(port)
    stream.write('GET /old HTTP/1.1\r\nHost: a\r\n\r\n')
    await vi.waitFor(() => expect(waiting).toHaveLength(1))
    waiting[0]?.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n')
    await stream.until('data: 1')
    gateway.replaceRoutes([{ path: '/new', serviceName: 'service' }])
    expect(events).toEqual([{ added: ['/new'], removed: ['/old'], kept: [] }])
    expect((await send(port, '/old')).status).toBe(404)
    waiting[0]?.end('data: 2\n\n')
    await stream.until('data: 2')
    await vi.waitFor(() => expect(events).toContain('/old'))
  })

  it('start the canaries that come after startCanaries()', async () => {
    const { gateway } = await startProxy([], { path: '/a' })
    gateway.startCanaries()
    gateway.replaceRoutes([stateful])
    expect(gateway.getCanaryEngine('/stateful')?.getStatus().running).toBe(true)
  })
})

describe('routes that cannot take the place of others', () => {
  const problemsOf = (act: () => unknown): string[] => {
    try {
      act()
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      return (error as ConfigError).problems.map(({ path }) => path)
    }
    throw new Error('was accepted')
  }

  it('change nothing, and are told of with all their paths', async () => {
    const upstream = await startUpstream((_request, response) => response.end('x'))
    const backend = new MemoryRegistryBackend()
    await register(backend, 'service', upstream.port)
    const { gateway, port } = await startGateway({ routes: [{ path: '/a', serviceName: 'service' }] }, backend)
    const before = gateway.getRoutes()
    const events: unknown[] = []
    gateway.on('routes:replaced', (event) => events.push(event))
    const bad = [
      { path: '/ok', serviceName: 'service' },
      { path: 'no-slash', serviceName: 'service' },
      { path: '/b', serviceName: 'service', trafficPolicy: { timeout: -1 } },
      { path: '/ok', serviceName: 'other' },
      { path: '/c', serviceName: 'service', serviceConfig: { loadBalancingStrategy: 'nobody-knows' } },
    ]
    expect(problemsOf(() => gateway.replaceRoutes(bad))).toEqual([
      'routes[1].path',
      'routes[2].trafficPolicy.timeout',
      'routes[4].serviceConfig.loadBalancingStrategy',
      'routes[3]',
    ])
    expect(problemsOf(() => gateway.replaceRoutes({} as readonly GatewayRouteDefinition[]))).toEqual(['routes'])
    expect(gateway.getRoutes()).toEqual(before)
    expect((await send(port, '/a')).status).toBe(200)
    expect((await send(port, '/ok')).status).toBe(404)
    expect(events).toEqual([])
  })

  it('are refused by a gateway that is closed', async () => {
    const { gateway } = await startProxy([])
    await gateway.close()
    expect(() => gateway.replaceRoutes([])).toThrow(expect.objectContaining({ code: 'GATEWAY_CLOSED' }))
  })
})
