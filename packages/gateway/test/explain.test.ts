import { SeededRandom } from '@hazeljs/core/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import type { GatewayConfig, GatewayServer } from '../src/index.js'
import {
  MemoryRegistryBackend,
  recordingLogger,
  register,
  send,
  startGateway,
  startProxy,
  startUpstream,
  type Upstream,
} from './harness.js'
import { closedPort } from './raw-http.js'

const config: GatewayConfig = {
  middleware: { cors: { origin: 'https://app.test' }, requestId: true, logging: true },
  trustedProxies: ['127.0.0.1'],
  routes: [
    {
      path: '/users/**',
      methods: ['GET', 'POST'],
      serviceName: 'users',
      serviceConfig: { stripPrefix: '/users', addPrefix: '/internal' },
      versionRoute: {
        strategy: 'header',
        defaultVersion: 'v1',
        routes: { v1: { weight: 100, filter: { tags: ['v1'] } }, v2: { weight: 0, filter: { tags: ['v2'] } } },
      },
      trafficPolicy: { timeout: '5s', retry: { maxAttempts: 2 }, circuitBreaker: {}, bulkhead: { maxConcurrent: 10 } },
    },
    { path: '/users/:id/avatar', methods: ['GET'], serviceName: 'users', serviceConfig: { preserveHost: true } },
    {
      path: '/orders',
      serviceName: 'users',
      rateLimit: { strategy: 'token-bucket', max: 2, window: '1h', key: 'ip' },
      trafficPolicy: { transform: { request: { set: { 'X-Set': 'yes' }, remove: ['X-Gone'] } } },
      canary: {
        stable: { version: 'v1', weight: 0, filter: { tags: ['v1'] } },
        canary: { version: 'v2', weight: 100, filter: { tags: ['v2'] } },
        promotion: { strategy: 'error-rate' },
      },
    },
    { path: '/empty', serviceName: 'nobody' },
  ],
}

const methods = ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS']
const paths = ['/users/7?a=%2f&b', '/users/x/../8', '/users/7/avatar', '/orders', '/empty', '/none', '/users/%00', '/users//a/']
const fields: Record<string, string | string[]>[] = [
  {},
  { 'X-API-Version': 'v2', Cookie: 'a=1' },
  { 'X-API-Version': 'v9', Connection: 'X-Drop', 'X-Drop': '1', 'X-Keep': ['1', '2'] },
  { 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Proto': 'https', X_Low: '1', 'X-Gone': '1', TE: 'trailers' },
  { Origin: 'https://app.test', 'Access-Control-Request-Method': 'GET', 'X-Request-Id': 'abc' },
]

const pairs = (raw: readonly string[]) => raw.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), raw[i + 1]]] : []))
/** Without what the connection to the instance adds, a body's framing included, and what is drawn anew for each request. */
const comparable = (all: readonly (readonly (string | undefined)[])[]) =>
  all
    .filter(([name]) => name !== 'connection' && name !== 'host' && name !== 'content-length')
    .map(([name, value]) => (name === 'x-request-id' && value !== 'abc' ? [name, 'drawn'] : [name?.toLowerCase(), value]))

describe('explain() agrees with what becomes of the request', () => {
  let upstreams: readonly Upstream[]
  let gateway: GatewayServer
  let port: number
  let log: ReturnType<typeof recordingLogger>
  const known = new Set<unknown>()

  beforeEach(async () => {
    const backend = new MemoryRegistryBackend()
    log = recordingLogger()
    upstreams = await Promise.all(['v1', 'v2'].map((tag) => startUpstream((_request, response) => response.end(tag))))
    for (const [index, tag] of ['v1', 'v2'].entries()) await register(backend, 'users', upstreams[index]?.port ?? 0, { tags: [tag] })
    ;({ gateway, port } = await startGateway(config, backend, { logger: log.logger }))
  })

  const seen = () => upstreams.flatMap(({ requests, port: at }) => requests.map((request) => ({ request, at })))

  it.each(methods)('for %s', { timeout: 20_000 }, async (method) => {
    let forwarded = 0
    let refused = 0
    for (const path of paths) {
      for (const headers of fields) {
        const withHost = { Host: 'gateway.test', ...headers }
        const told = await gateway.explain({ method, path, headers: withHost, clientIp: '127.0.0.1' })
        expect(seen()).toHaveLength(forwarded)
        const answer = await send(port, path, { method, headers: withHost })
        const line = log.lines.at(-1)?.fields
        expect({ route: told.route?.path, version: told.subset?.version, clientIp: told.request.clientIp }).toEqual({
          route: (line as { route?: string }).route,
          version: (line as { version?: string }).version,
          clientIp: (line as { clientIp?: string }).clientIp,
        })
        for (const [name] of told.answerHeaders) expect(answer.headers).toHaveProperty(name.toLowerCase())
        if (told.outcome === 'forward') {
          const { request, at } = seen().find((one) => !known.has(one.request)) ?? {}
          known.add(request)
          forwarded++
          expect(answer.status).toBe(200)
          expect([request?.method, request?.url]).toEqual([method, told.upstream?.target])
          expect(comparable(told.upstream?.headers ?? [])).toEqual(comparable(pairs(request?.rawHeaders ?? [])))
          expect(told.subset?.instances.map((instance) => instance.port)).toContain(at)
        } else {
          refused++
          expect(answer.status).toBe(told.refusal?.status ?? 204)
          if (told.refusal !== undefined && method !== 'HEAD') {
            expect(JSON.parse(answer.text)).toMatchObject({ code: told.refusal.code, status: told.refusal.status })
          }
        }
        expect(seen()).toHaveLength(forwarded)
      }
    }
    expect(refused).toBeGreaterThan(5)
    expect(forwarded).toBeGreaterThan(0)
  })

  it('and takes nothing: not from limits, breakers, metrics or balancers', async () => {
    const before = gateway.getMetrics().getSnapshot().aggregated.totalCalls
    const linesBefore = [...log.lines]
    for (let i = 0; i < 20; i++) {
      const told = await gateway.explain({ method: 'GET', path: '/orders', headers: { Host: 'a' }, clientIp: '127.0.0.1' })
      expect(told.policies?.rateLimit?.remaining).toBe(2)
      expect([told.canary?.arm, told.subset?.version]).toEqual(['canary', 'v2'])
    }
    expect(gateway.getMetrics().getSnapshot().aggregated.totalCalls).toBe(before)
    expect(log.lines).toEqual(linesBefore)
    expect(seen()).toEqual([])
    await gateway.close({ drainTimeout: '1s' })
  })

  it('and says why not the other routes, with the numbers of the policies, as data and as text', async () => {
    const headers = { Host: 'gateway.test', 'X-API-Version': 'v2', Connection: 'close' }
    const told = await gateway.explain({ method: 'GET', path: '/users/7/avatar', headers })
    expect(told.otherRoutes.map(({ path, reason }) => [path, reason])).toEqual([
      ['/users/**', 'less-specific'],
      ['/orders', 'path'],
      ['/empty', 'path'],
    ])
    const users = await gateway.explain({ method: 'POST', path: '/users/7/avatar', headers })
    expect(users.otherRoutes[0]).toMatchObject({ path: '/users/:id/avatar', reason: 'method' })
    expect(users.version).toEqual({ version: 'v2', resolvedBy: 'header' })
    expect(users.policies).toMatchObject({
      timeoutMs: 5_000,
      retry: { attempts: 3, answers: true },
      circuitBreaker: { state: 'CLOSED', retryAfterMs: 0 },
      bulkhead: { maxConcurrent: 10, activeCalls: 0 },
    })
    expect(users.upstream?.removed.map(([name]) => name)).toEqual(['Host', 'Connection'])
    expect(users.toString().split('\n')).toEqual(
      expect.arrayContaining([
        'POST /users/7/avatar',
        '→ is forwarded',
        'route: GET, POST /users/** → users',
        '  not GET /users/:id/avatar → users: the method is not one of its own',
        'version: v2, by header',
        'timeouts: total 5000 ms, attempt none, connect 5000 ms, silence 300000 ms',
        'circuit: CLOSED, 0 of 0 calls failed',
        'upstream: POST /internal/7/avatar',
        '  - Connection: close',
      ]),
    )
  })
})

it('explains an open circuit and a closed gateway as refusals', async () => {
  const { gateway } = await startProxy([await closedPort()], { circuitBreaker: { failureThreshold: 1, resetTimeout: '1h' } })
  expect((await gateway.handleRequest({ method: 'GET', path: '/' })).status).toBeGreaterThanOrEqual(502)
  const told = await gateway.explain({ method: 'GET', path: '/' })
  expect(told.refusal).toMatchObject({ status: 503, code: 'CIRCUIT_OPEN' })
  expect(told.policies?.circuitBreaker).toMatchObject({ state: 'OPEN', failureCalls: 1 })
  expect(told.toString()).toContain('→ is refused: 503 CIRCUIT_OPEN')
  await gateway.close()
  expect((await gateway.explain({ method: 'GET', path: '/' })).refusal?.code).toBe('GATEWAY_CLOSED')
})

it('draws where a request draws, and nowhere else', async () => {
  const random = new SeededRandom(3)
  let draws = 0
  const counting = { next: () => (draws++, random.next()) }
  const versionRoute = { strategy: 'header' as const, routes: { v1: { weight: 50 }, v2: { weight: 50 } } }
  const { gateway } = await startProxy([1], { path: '/plain' }, {}, { random: counting })
  gateway.addRoute({ path: '/split', serviceName: 'service', versionRoute })
  await gateway.explain({ method: 'GET', path: '/plain' })
  const before = draws
  await gateway.explain({ method: 'GET', path: '/plain' })
  expect(draws - before).toBe(0)
  expect((await gateway.explain({ method: 'GET', path: '/split' })).version?.resolvedBy).toBe('weight')
  expect(draws - before).toBe(1)
})
