import type { ServerResponse } from 'node:http'
import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import type { GatewayConfig, GatewayRouteDefinition } from '../src/index.js'
import { MemoryRegistryBackend, register, send, startGateway, startProxy, startUpstream } from './harness.js'
import { closedPort } from './raw-http.js'

const answering = (...statuses: number[]) =>
  startUpstream((_request, response) => {
    const status = statuses.length > 1 ? statuses.shift() : statuses[0]
    response.writeHead(status ?? 200).end(String(status))
  })

const statusesOf = async (port: number, count: number, path = '/') => {
  const statuses: number[] = []
  for (let i = 0; i < count; i++) statuses.push((await send(port, path)).status)
  return statuses
}

describe('a circuit', () => {
  it('opens, lets one try after a while, and closes, and says so', async () => {
    const clock = new FakeClock()
    const upstream = await answering(500, 500, 200)
    const { gateway, port } = await startProxy(
      [upstream.port],
      { circuitBreaker: { failureThreshold: 2, resetTimeout: '10s', successThreshold: 1 } },
      {},
      { clock },
    )
    const events: unknown[] = []
    for (const event of ['circuit:open', 'circuit:half-open', 'circuit:close'] as const) {
      gateway.on(event, (payload) => events.push([event, payload]))
    }
    expect(await statusesOf(port, 3)).toEqual([500, 500, 503])
    await clock.advance(10_000)
    expect(await statusesOf(port, 2)).toEqual([200, 200])
    const payload = { route: '/**', serviceName: 'service', version: undefined }
    expect(events).toEqual([
      ['circuit:open', payload],
      ['circuit:half-open', payload],
      ['circuit:close', payload],
    ])
  })

  it.each([
    { what: 'no instance', ports: () => [], route: {}, statuses: [503, 503, 503] },
    { what: 'a client’s own mistakes', ports: (port: number) => [port], route: { path: '/api' }, statuses: [404, 404, 404] },
  ])('is not opened by $what', async ({ ports, route, statuses }) => {
    const upstream = await answering(200)
    const { gateway, port } = await startProxy(ports(upstream.port), { circuitBreaker: { failureThreshold: 1 }, ...route })
    const events: unknown[] = []
    gateway.on('circuit:open', (event) => events.push(event))
    expect(await statusesOf(port, 3)).toEqual(statuses)
    expect(events).toEqual([])
  })

  it('is opened by services that can’t be reached, each attempt counting', async () => {
    const { port } = await startProxy([await closedPort()], { circuitBreaker: { failureThreshold: 2, resetTimeout: '1h' } })
    expect(await statusesOf(port, 2)).toEqual([502, 503])
  })

  it('asks the user what a failure is', async () => {
    const failurePredicate = (error: Error) => !('code' in error && error.code === 'UPSTREAM_UNREACHABLE')
    const { port } = await startProxy([await closedPort()], { circuitBreaker: { failureThreshold: 1, failurePredicate } })
    expect(await statusesOf(port, 3)).toEqual([502, 502, 502])
  })

  it('with a timeout calls the service off, and answers once', async () => {
    const upstream = await startUpstream((request, response) => {
      if (request.url === '/late') setTimeout(() => response.end('late'), 100)
      else response.end('ok')
    })
    const { gateway, port } = await startProxy([upstream.port], { circuitBreaker: { failureThreshold: 5, timeout: 30 } })
    expect((await send(port, '/late')).status).toBe(504)
    await vi.waitFor(() => expect(upstream.requests[0]?.socket.destroyed).toBe(true))
    expect((await send(port, '/')).text).toBe('ok')
    expect(gateway.getMetrics().getSnapshot().aggregated).toMatchObject({ totalCalls: 2, failureCalls: 1 })
  })
})

describe('a canary that fails', () => {
  it('opens its own circuit alone, and stable takes its share', async () => {
    const stable = await answering(200)
    const canary = await answering(500)
    const backend = new MemoryRegistryBackend()
    await register(backend, 'service', stable.port, { metadata: { version: '1' } })
    await register(backend, 'service', canary.port, { metadata: { version: '2' } })
    const route: GatewayRouteDefinition = {
      path: '/**',
      serviceName: 'service',
      circuitBreaker: { failureThreshold: 2, resetTimeout: '10s', successThreshold: 1 },
      canary: { stable: { version: '1', weight: 50 }, canary: { version: '2', weight: 50 }, promotion: { strategy: 'error-rate' } },
    }
    const clock = new FakeClock()
    const { gateway, port } = await startGateway({ routes: [route] }, backend, { clock, random: { next: () => 0 } })
    const opened: unknown[] = []
    gateway.on('circuit:open', (event) => opened.push(event))
    expect(await statusesOf(port, 6)).toEqual([500, 500, 200, 200, 200, 200])
    expect(opened).toEqual([{ route: '/**', serviceName: 'service', version: '2' }])
    expect([stable.requests.length, canary.requests.length]).toEqual([4, 2])
    // A try is the canary's; the others go on to stable while it runs.
    await clock.advance(10_000)
    expect((await Promise.all([statusesOf(port, 1), statusesOf(port, 1), statusesOf(port, 1)])).flat().sort()).toEqual([200, 200, 500])
  })

  it('has no instance: stable takes its share', async () => {
    const stable = await answering(200)
    const backend = new MemoryRegistryBackend()
    await register(backend, 'service', stable.port, { metadata: { version: '1' } })
    const canary = {
      stable: { version: '1', weight: 0 },
      canary: { version: '2', weight: 100 },
      promotion: { strategy: 'error-rate' },
    } as const
    const { port } = await startGateway({ routes: [{ path: '/**', serviceName: 'service', canary }] }, backend)
    expect(await statusesOf(port, 3)).toEqual([200, 200, 200])
  })
})

describe('a rate limit', () => {
  const limited = { rateLimit: { strategy: 'token-bucket', max: 2, window: '10s' } } as const

  it('says with every answer what is left', async () => {
    const clock = new FakeClock()
    const upstream = await answering(200)
    const { gateway, port } = await startProxy([upstream.port], limited, {}, { clock })
    const events: unknown[] = []
    gateway.on('rate-limit:exceeded', (event) => events.push(event))
    const fields = async () => {
      const { status, headers } = await send(port, '/')
      return [status, headers['ratelimit-policy'], headers.ratelimit, headers['retry-after']]
    }
    expect(await fields()).toEqual([200, '"route";q=2;w=10', '"route";r=1;t=5', undefined])
    expect(await fields()).toEqual([200, '"route";q=2;w=10', '"route";r=0;t=10', undefined])
    expect(await fields()).toEqual([429, '"route";q=2;w=10', '"route";r=0;t=10', '5'])
    expect(events).toEqual([{ route: '/**', clientIp: '127.0.0.1', retryAfterMs: 5_000 }])
    await clock.advance(5_000)
    expect((await fields())[0]).toBe(200)
    expect(upstream.requests).toHaveLength(3)
  })

  it('is kept for each client by its address, found through trusted proxies', async () => {
    const upstream = await answering(200)
    const { port } = await startProxy(
      [upstream.port],
      { rateLimit: { ...limited.rateLimit, max: 1, key: 'ip' } },
      { trustedProxies: ['127.0.0.1'] },
    )
    const from = async (address: string) => (await send(port, '/', { headers: { 'X-Forwarded-For': address } })).status
    expect([await from('1.1.1.1'), await from('1.1.1.1'), await from('2.2.2.2'), await from('9.9.9.9, 2.2.2.2')]).toEqual([
      200, 429, 200, 429,
    ])
    expect([await from('2001:db8::1'), await from('2001:db8:0:0:ffff::2'), await from('2001:db8:0:1::1')]).toEqual([200, 429, 200])
  })

  it('is kept for what a function of the request says', async () => {
    const upstream = await answering(200)
    const { port } = await startProxy([upstream.port], {
      rateLimit: {
        ...limited.rateLimit,
        max: 1,
        key: ({ headers, path, query, method }) => `${method} ${path} ${query} ${headers['x-key'] ?? ''}`,
      },
    })
    const by = async (key: string, path = '/p?q') => (await send(port, path, { headers: { 'X-Key': key } })).status
    expect([await by('a'), await by('a'), await by('b'), await by('a', '/p'), await by('a', '/P?q')]).toEqual([200, 429, 200, 200, 200])
  })
})

describe('a bulkhead', () => {
  it('refuses who finds no place, with 503 and Retry-After, and lets in who waits', async () => {
    const waiting: ServerResponse[] = []
    const upstream = await startUpstream((_request, response) => waiting.push(response))
    const { gateway, port } = await startProxy([upstream.port], {
      trafficPolicy: { bulkhead: { maxConcurrent: 1, maxQueue: 1 } },
      circuitBreaker: { failureThreshold: 1 },
    })
    const first = send(port, '/')
    await vi.waitFor(() => expect(waiting).toHaveLength(1))
    const second = gateway.handleRequest({ method: 'GET', path: '/' })
    const refused = await send(port, '/')
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'BULKHEAD_FULL' })
    waiting[0]?.end('1')
    await vi.waitFor(() => expect(waiting).toHaveLength(2))
    waiting[1]?.end('2')
    expect([(await first).text, (await second).body]).toEqual(['1', Buffer.from('2')])
  })
})

describe('defaults of the gateway', () => {
  const resilience = {
    defaultRetry: { maxAttempts: 1, baseDelay: 1 },
    defaultCircuitBreaker: { failureThreshold: 3, resetTimeout: '1h' },
    defaultTimeout: 200,
  }

  async function withRoute(route: Partial<GatewayRouteDefinition>, config: GatewayConfig = { resilience }) {
    const upstream = await answering(503)
    const { port } = await startProxy([upstream.port], route, config, { random: { next: () => 0 } })
    return { statuses: await statusesOf(port, 3), calls: upstream.requests.length }
  }

  it.each([
    { what: 'hold for a route that says nothing', route: {}, calls: 3 },
    { what: 'can be switched off', route: { circuitBreaker: false, trafficPolicy: { retry: false } }, calls: 3 },
    { what: 'are replaced one by one', route: { trafficPolicy: { retry: { maxAttempts: 0 } } }, calls: 3 },
    { what: 'are replaced whole', route: { circuitBreaker: { failureThreshold: 5 } }, calls: 5 },
  ])('$what', async ({ route, calls }) => {
    const seen = await withRoute(route as Partial<GatewayRouteDefinition>)
    expect(seen.statuses).toEqual([503, 503, 503])
    expect(seen.calls).toBe(calls)
  })

  it('give every route a time', async () => {
    const upstream = await startUpstream(() => undefined)
    const { port } = await startProxy(
      [upstream.port],
      { trafficPolicy: { retry: false } },
      { resilience: { ...resilience, defaultTimeout: 30 } },
    )
    expect((await send(port, '/')).status).toBe(504)
  })
})
