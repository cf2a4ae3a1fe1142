import { FakeClock } from '@hazeljs/core/testing'
import type { ServerResponse } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import type { GatewayConfig, GatewayRouteDefinition } from '../src/index.js'
import { MemoryRegistryBackend, register, send, startGateway, startProxy, startUpstream } from './harness.js'
import { rawClient } from './raw-http.js'
import { openSocket, startWebSocketUpstream } from './web-sockets.js'

const one = { bulkhead: { maxConcurrent: 1 } }

/** A gateway that has room for one request, which is taken until `free` is called. */
async function full(route: Partial<GatewayRouteDefinition>, config: GatewayConfig = {}) {
  const waiting: ServerResponse[] = []
  const upstream = await startUpstream((_request, response) => waiting.push(response))
  const proxy = await startProxy([upstream.port], route, config)
  const first = send(proxy.port, '/')
  first.catch(() => undefined) // it is cut where nobody frees its place
  await vi.waitFor(() => expect(waiting).toHaveLength(1))
  return { ...proxy, upstream, waiting, free: () => (waiting[0]?.end('done'), first) }
}

const shedding: { how: string; route: Partial<GatewayRouteDefinition>; config: GatewayConfig; code: string }[] = [
  { how: 'a bulkhead', route: { trafficPolicy: { ...one, retry: { maxAttempts: 1 } } }, config: {}, code: 'BULKHEAD_FULL' },
  {
    how: 'an adaptive limit',
    route: { trafficPolicy: { adaptiveConcurrency: { initialLimit: 1, maxLimit: 1 }, retry: { maxAttempts: 1 } } },
    config: {},
    code: 'BULKHEAD_FULL',
  },
  {
    how: 'the limit of the gateway',
    route: { trafficPolicy: { retry: { maxAttempts: 1 } } },
    config: { limits: { maxConcurrentRequests: 1 } },
    code: 'GATEWAY_OVERLOADED',
  },
]

describe.each(shedding)('$how that has no room', ({ route, config, code }) => {
  it('refuses with 503 and Retry-After, and admits again when there is room', async () => {
    const { port, free, waiting } = await full(route, config)
    const refused = await send(port, '/')
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1', 'content-type': 'application/problem+json' } })
    expect(JSON.parse(refused.text)).toMatchObject({ code, status: 503 })
    expect((await free()).text).toBe('done')
    const next = send(port, '/')
    await vi.waitFor(() => expect(waiting).toHaveLength(2))
    waiting[1]?.end('next')
    expect((await next).text).toBe('next')
  })

  it('gives no 100 to who waits for one', async () => {
    const { port, upstream } = await full(route, config)
    const client = await rawClient(port)
    client.write('PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n')
    expect(await client.closed).toBe('end')
    expect(client.received).toMatch(/^HTTP\/1.1 503 /)
    expect(client.received).toContain('Connection: close')
    expect(client.received).not.toContain('HTTP/1.1 100')
    expect(upstream.requests).toHaveLength(1)
  })

  it('answers before the body has come', async () => {
    const { port, upstream } = await full(route, config)
    const client = await rawClient(port)
    client.write('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf')
    await client.until(/503[\s\S]*\}$/)
    client.write('other!')
    expect(await client.closed).toBe('end')
    expect(upstream.requests).toHaveLength(1)
  })

  it('resets no connection on which the body still comes, or the client might lose its answer', async () => {
    const { port, upstream } = await full(route, config)
    const pieces = 8
    const piece = Buffer.alloc(65_536)
    const client = await rawClient(port)
    client.write(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${piece.length * pieces}\r\n\r\n`)
    await client.until(/503[\s\S]*\}$/)
    for (let sent = 0; sent < pieces; sent++) {
      client.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await client.closed).toBe('end')
    expect(upstream.requests).toHaveLength(1)
  })
})

describe('a request that is refused for lack of room', () => {
  it('is not mirrored', async () => {
    const backend = new MemoryRegistryBackend()
    const waiting: ServerResponse[] = []
    const upstream = await startUpstream((_request, response) => waiting.push(response))
    const shadow = await startUpstream((_request, response) => response.end())
    await register(backend, 'service', upstream.port)
    await register(backend, 'shadow', shadow.port)
    const route = { path: '/**', serviceName: 'service', trafficPolicy: { ...one, mirror: { service: 'shadow' } } }
    const { port } = await startGateway({ routes: [route] }, backend)
    const first = send(port, '/first')
    await vi.waitFor(() => expect(waiting).toHaveLength(1))
    expect((await send(port, '/second')).status).toBe(503)
    waiting[0]?.end()
    await first
    await vi.waitFor(() => expect(shadow.requests).toHaveLength(1))
    expect(shadow.requests[0]?.url).toBe('/first')
  })

  it('opens no circuit, and is no evidence against a canary', async () => {
    const backend = new MemoryRegistryBackend()
    const waiting: ServerResponse[] = []
    const upstream = await startUpstream((_request, response) => waiting.push(response))
    await register(backend, 'service', upstream.port, { metadata: { version: '2' } })
    const canary = {
      stable: { version: '1', weight: 0 },
      canary: { version: '2', weight: 100 },
      promotion: { strategy: 'error-rate' },
    } as const
    const route = { path: '/**', serviceName: 'service', canary, trafficPolicy: one, circuitBreaker: { failureThreshold: 1 } }
    const { gateway, port } = await startGateway({ routes: [route] }, backend)
    const opened = vi.fn()
    gateway.on('circuit:open', opened)
    const first = send(port, '/')
    await vi.waitFor(() => expect(waiting).toHaveLength(1))
    expect((await send(port, '/')).status).toBe(503)
    waiting[0]?.end()
    expect((await first).status).toBe(200)
    expect(opened).not.toHaveBeenCalled()
    await vi.waitFor(() => expect(gateway.getCanaryEngine('/**')?.getMetrics().canary).toMatchObject({ totalCalls: 1, failureCalls: 0 }))
  })

  it('is kept from one version alone', async () => {
    const backend = new MemoryRegistryBackend()
    const waiting: ServerResponse[] = []
    const busy = await startUpstream((_request, response) => waiting.push(response))
    const idle = await startUpstream((_request, response) => response.end('idle'))
    await register(backend, 'service', busy.port, { tags: ['v1'] })
    await register(backend, 'service', idle.port, { tags: ['v2'] })
    const versions = { v1: { filter: { tags: ['v1'] } }, v2: { filter: { tags: ['v2'] } } }
    const versionRoute = { strategy: 'header', defaultVersion: 'v1', routes: versions } as const
    const trafficPolicy = { adaptiveConcurrency: { initialLimit: 1, maxLimit: 1 } }
    const { port } = await startGateway({ routes: [{ path: '/**', serviceName: 'service', versionRoute, trafficPolicy }] }, backend)
    void send(port, '/').catch(() => undefined)
    await vi.waitFor(() => expect(waiting).toHaveLength(1))
    expect((await send(port, '/')).status).toBe(503)
    expect((await send(port, '/', { headers: { 'X-API-Version': 'v2' } })).text).toBe('idle')
  })
})

it.each([{ bulkhead: { maxConcurrent: 1 } }, { adaptiveConcurrency: { initialLimit: 1, maxLimit: 1 } }])(
  'a retry needs no place but that of its request: %j',
  async (policy) => {
    const statuses = [503, 503, 200]
    const upstream = await startUpstream((_request, response) => response.writeHead(statuses.shift() ?? 200).end())
    const { port } = await startProxy([upstream.port], { trafficPolicy: { ...policy, retry: { maxAttempts: 2, baseDelay: 1 } } })
    expect((await send(port, '/', { method: 'PUT', body: 'again' })).status).toBe(200)
    expect((await send(port, '/')).status).toBe(200)
    expect(upstream.requests).toHaveLength(4)
  },
)

it('the whole gateway’s limit counts requests of every route and way in', async () => {
  const { gateway, port, free } = await full({}, { limits: { maxConcurrentRequests: 1 }, middleware: { cors: true } })
  const refused = await gateway.handleRequest({ method: 'POST', path: '/none', body: 'x', headers: { Origin: 'https://app.test' } })
  expect(refused).toMatchObject({ status: 503, body: { code: 'GATEWAY_OVERLOADED' } })
  expect(refused.headers['access-control-allow-origin']).toBe('*') // or the browser would not show the answer
  await free()
  expect(
    (await send(port, '/', { method: 'OPTIONS', headers: { Origin: 'https://a.test', 'Access-Control-Request-Method': 'PUT' } })).status,
  ).toBe(204)
})

describe('an adaptive limit', () => {
  it('keeps no place for a stream without an end', async () => {
    const upstream = await startUpstream((request, response) => {
      if (request.url === '/events') response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n')
      else response.end('ok')
    })
    const { port } = await startProxy([upstream.port], { trafficPolicy: { adaptiveConcurrency: { initialLimit: 1, maxLimit: 1 } } })
    const stream = await rawClient(port)
    stream.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n')
    await stream.until('data: 1')
    expect((await send(port, '/')).text).toBe('ok')
    expect(stream.socket.destroyed).toBe(false)
  })

  it('keeps no place for a WebSocket, and none is lost when it ends', async () => {
    const upstream = await startWebSocketUpstream()
    const { gateway, port } = await startProxy([upstream.port], {
      trafficPolicy: { adaptiveConcurrency: { initialLimit: 1, maxLimit: 1 } },
    })
    const measured = async () => (await gateway.explain({ method: 'GET', path: '/' })).policies?.adaptiveConcurrency
    const open = [await openSocket(port), await openSocket(port)]
    expect((await send(port, '/')).text).toBe('ok')
    for (const { socket, closed } of open) {
      socket.close()
      await closed
    }
    expect(await measured()).toMatchObject({ activeCalls: 0, rejectedCalls: 0 })
  })

  it('falls where the service says that it has too much, however quickly', async () => {
    const clock = new FakeClock()
    let status = 503
    const upstream = await startUpstream((_request, response) => response.writeHead(status).end())
    const adaptiveConcurrency = { window: 100, minSamples: 10, eventLoopThreshold: 1 }
    const { gateway, port } = await startProxy([upstream.port], { trafficPolicy: { adaptiveConcurrency } }, {}, { clock })
    const limit = async () => (await gateway.explain({ method: 'GET', path: '/' })).policies?.adaptiveConcurrency?.limit ?? 0
    const window = async () => {
      for (let call = 0; call < 10; call++) await send(port, '/')
      await clock.advance(100)
      await send(port, '/')
      return limit()
    }
    expect(await limit()).toBe(20)
    const fallen = await window()
    expect(fallen).toBeLessThan(20)
    status = 200
    expect(await window()).toBeGreaterThanOrEqual(fallen)
  })

  it('has its options checked', async () => {
    const route = { trafficPolicy: { adaptiveConcurrency: { maxLimit: 0 } } }
    await expect(startProxy([1], route)).rejects.toThrow('routes[0].trafficPolicy.adaptiveConcurrency.maxLimit')
    await expect(startProxy([1], {}, { limits: { maxConcurrentRequests: 0 } })).rejects.toThrow('limits.maxConcurrentRequests')
  })
})
