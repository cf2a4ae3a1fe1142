import { describe, expect, it } from 'vitest'
import type { GatewayConfig, GatewayRouteDefinition } from '../src/index.js'
import { MemoryRegistryBackend, register, send, startGateway, startUpstream, type Upstream } from './harness.js'

type Policies = Pick<GatewayRouteDefinition, 'circuitBreaker' | 'rateLimit' | 'trafficPolicy'>

/** The kinds of route, and how each is told to use one service. All of them have to get every policy. */
const kinds: Readonly<Record<string, Partial<GatewayRouteDefinition>>> = {
  plain: {},
  version: { versionRoute: { strategy: 'header', defaultVersion: 'v1', routes: { v1: { weight: 100, filter: { tags: ['v1'] } } } } },
  canary: {
    canary: {
      stable: { version: '1.0.0', weight: 100, filter: { tags: ['v1'] } },
      canary: { version: '2.0.0', weight: 0, filter: { tags: ['v1'] } },
      promotion: { strategy: 'error-rate' },
    },
  },
}

/** A request by socket, and one without: both walk the same path. */
const entries = {
  socket: async (config: GatewayConfig, backend: MemoryRegistryBackend) => {
    const { port } = await startGateway(config, backend)
    return async () => {
      const { status, headers, text } = await send(port, '/api')
      return { status, headers, body: JSON.parse(text) as unknown }
    }
  },
  handleRequest: async (config: GatewayConfig, backend: MemoryRegistryBackend) => {
    const { gateway } = await startGateway(config, backend)
    return () => gateway.handleRequest({ method: 'GET', path: '/api' })
  },
}

async function setUp(kind: string, entry: keyof typeof entries, policies: Policies, upstream: Upstream) {
  const backend = new MemoryRegistryBackend()
  await register(backend, 'service', upstream.port, { tags: ['v1'] })
  return entries[entry]({ routes: [{ path: '/api', serviceName: 'service', ...kinds[kind], ...policies }] }, backend)
}

const answering = (...statuses: number[]) =>
  startUpstream((_request, response) => {
    const status = statuses.length > 1 ? statuses.shift() : statuses[0]
    response.writeHead(status ?? 200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ status }))
  })

const cases = Object.keys(kinds).flatMap((kind) => (Object.keys(entries) as (keyof typeof entries)[]).map((entry) => ({ kind, entry })))

describe.each(cases)('a $kind route reached by $entry', ({ kind, entry }) => {
  it('is rate limited', async () => {
    const upstream = await answering(200)
    const ask = await setUp(kind, entry, { rateLimit: { strategy: 'token-bucket', max: 2, window: '1h' } }, upstream)
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200])
    const refused = await ask()
    expect(refused.status).toBe(429)
    expect(refused.headers['retry-after']).toBe('1800')
    expect(refused.body).toMatchObject({ status: 429, code: 'RATE_LIMITED' })
    expect(upstream.requests).toHaveLength(2)
  })

  it('has a circuit breaker that 5xx answers open', async () => {
    const upstream = await answering(500)
    const ask = await setUp(kind, entry, { circuitBreaker: { failureThreshold: 2, resetTimeout: '1h' } }, upstream)
    expect([(await ask()).status, (await ask()).status]).toEqual([500, 500])
    const refused = await ask()
    expect(refused.status).toBe(503)
    expect(refused.headers['retry-after']).toBe('3600')
    expect(refused.body).toMatchObject({ status: 503, code: 'CIRCUIT_OPEN' })
    expect(upstream.requests).toHaveLength(2)
  })

  it('retries', async () => {
    const upstream = await answering(503, 502, 200)
    const ask = await setUp(kind, entry, { trafficPolicy: { retry: { maxAttempts: 2, baseDelay: 1 } } }, upstream)
    expect((await ask()).status).toBe(200)
    expect(upstream.requests).toHaveLength(3)
  })

  it('times out', async () => {
    const upstream = await startUpstream(() => undefined)
    const ask = await setUp(kind, entry, { trafficPolicy: { timeout: 30 } }, upstream)
    const { status, body } = await ask()
    expect(status).toBe(504)
    expect(body).toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
  })

  it('bounds concurrency', async () => {
    const upstream = await startUpstream((_request, response) => {
      setImmediate(() => response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}'))
    })
    const ask = await setUp(kind, entry, { trafficPolicy: { bulkhead: { maxConcurrent: 1 } } }, upstream)
    const statuses = (await Promise.all([ask(), ask(), ask()])).map(({ status }) => status)
    expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(0)
    expect(statuses).toContain(200)
  })
})
