import { FakeClock } from '@hazeljs/core/testing'
import type { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import type { GatewayConfig, GatewayRouteDefinition } from '../src/index.js'
import { recordingLogger, register, startProxy, startUpstream } from './harness.js'
import { watchedLeases } from './leases.js'
import { rawClient, startRawUpstream } from './raw-http.js'

const ask = 'GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const accept = (socket: Socket): unknown => socket.write(switched)

async function setUp(
  route: Partial<GatewayRouteDefinition>,
  onHead: (socket: Socket, head: string, count: number) => unknown = accept,
  config: GatewayConfig = {},
) {
  const leases = watchedLeases()
  const clock = new FakeClock()
  const { logger, lines } = recordingLogger()
  const upstream = await startRawUpstream(onHead)
  const proxy = await startProxy([upstream.port], { serviceConfig: { loadBalancingStrategy: 'watched' }, ...route }, config, {
    clock,
    logger,
  })
  const metrics = () => proxy.gateway.getMetrics().getSnapshot().aggregated
  return { ...proxy, upstream, leases, clock, lines, metrics }
}

async function asked(port: number) {
  const client = await rawClient(port)
  client.write(ask)
  return client
}

async function opened(port: number) {
  const client = await asked(port)
  await client.until('101 Switching Protocols')
  return client
}

describe('to a circuit breaker, an upgrade', () => {
  it('is no slow call, however long its connection lives', async () => {
    const { gateway, port, leases, clock, metrics } = await setUp({
      circuitBreaker: { slowCallDuration: '1s', slowCallRateThreshold: 1, minimumCalls: 1, failureThreshold: 1 },
    })
    const circuits: string[] = []
    gateway.on('circuit:open', ({ route }) => circuits.push(route))
    const client = await opened(port)
    await clock.advance(30_000)
    expect(leases.open).toBe(1)
    client.socket.destroy()
    await vi.waitFor(() => expect(leases.open).toBe(0))
    await opened(port)
    await vi.waitFor(() => expect(metrics().totalCalls).toBe(2))
    expect(circuits).toEqual([])
  })

  it('is a slow call where the 101 is late', async () => {
    let answer = () => undefined as unknown
    const { gateway, port, clock, upstream } = await setUp(
      { circuitBreaker: { slowCallDuration: '1s', slowCallRateThreshold: 1, minimumCalls: 1 } },
      (socket) => (answer = () => accept(socket)),
    )
    const circuits: string[] = []
    gateway.on('circuit:open', ({ route }) => circuits.push(route))
    const client = await asked(port)
    await vi.waitFor(() => expect(upstream.received[0]).toContain('\r\n\r\n'))
    await clock.advance(1_001)
    answer()
    await client.until('101 Switching Protocols')
    await vi.waitFor(() => expect(circuits).toEqual(['/**']))
  })

  it('has ended with its 101: the breaker’s timeout is for the handshake alone', async () => {
    const { port, clock, upstream } = await setUp(
      { circuitBreaker: { timeout: '1s' } },
      (socket, _head, count) => count === 0 && accept(socket),
    )
    const client = await opened(port)
    await clock.advance(60_000)
    client.write('alive')
    await vi.waitFor(() => expect(upstream.received[0]).toMatch(/alive$/))
    const late = await asked(port)
    await vi.waitFor(() => expect(upstream.sockets).toHaveLength(2))
    await clock.advance(1_000)
    expect(await late.until('UPSTREAM_TIMEOUT')).toMatch(/^HTTP\/1.1 504 /)
    expect(client.socket.destroyed).toBe(false)
  })

  it('closes it again, with a connection that is still open', async () => {
    let accepts = false
    const { gateway, port, clock } = await setUp(
      { circuitBreaker: { failureThreshold: 1, successThreshold: 1, resetTimeout: '5s', halfOpenCalls: 1 } },
      (socket) => (accepts ? accept(socket) : socket.destroy()),
    )
    const circuits: string[] = []
    for (const event of ['circuit:open', 'circuit:half-open', 'circuit:close'] as const) gateway.on(event, () => circuits.push(event))
    expect(await (await asked(port)).until('UPSTREAM_RESET')).toMatch(/^HTTP\/1.1 502 /)
    accepts = true
    await clock.advance(5_000)
    await opened(port)
    await vi.waitFor(() => expect(circuits).toEqual(['circuit:open', 'circuit:half-open', 'circuit:close']))
    await opened(port)
  })

  it('is a failure where the service answers with one, or breaks off', async () => {
    const answers = ['HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n', '']
    const { gateway, port } = await setUp({ circuitBreaker: { failureThreshold: 2 } }, (socket, _head, count) => {
      if (answers[count] === '') socket.destroy()
      else socket.write(answers[count] ?? switched)
    })
    const circuits: string[] = []
    gateway.on('circuit:open', ({ route }) => circuits.push(route))
    await (await asked(port)).until('500 ')
    await (await asked(port)).until('502 ')
    await vi.waitFor(() => expect(circuits).toEqual(['/**']))
    await (await asked(port)).until('CIRCUIT_OPEN')
  })
})

describe('an open connection', () => {
  it('was counted with the time to its 101, and has a line in the log when it ends', async () => {
    const { port, clock, metrics, lines } = await setUp({}, accept, { middleware: { logging: true } })
    const client = await opened(port)
    await vi.waitFor(() => expect(metrics().totalCalls).toBe(1))
    await clock.advance(30_000)
    expect(lines).toEqual([])
    client.socket.destroy()
    await vi.waitFor(() => expect(lines).toHaveLength(1))
    expect(lines[0]?.fields).toMatchObject({ status: 101, durationMs: 30_000 })
    expect(metrics()).toMatchObject({ totalCalls: 1, successCalls: 1, max: 0 })
  })

  it('that the service resets was a success, and is a failure of the instance', async () => {
    const { gateway, port, upstream, leases, metrics } = await setUp({ circuitBreaker: { failureThreshold: 1 } })
    const errors: unknown[] = []
    gateway.on('route:error', ({ status }) => errors.push(status))
    await opened(port)
    upstream.sockets[0]?.resetAndDestroy()
    await vi.waitFor(() => expect([leases.outcomes, errors]).toEqual([['failure'], [101]]))
    expect(metrics()).toMatchObject({ totalCalls: 1, failureCalls: 0 })
    await opened(port)
  })

  it('holds its place in the bulkhead, beside a breaker too', async () => {
    for (const circuitBreaker of [{ failureThreshold: 1 }, false] as const) {
      const { port } = await setUp({ circuitBreaker, trafficPolicy: { bulkhead: { maxConcurrent: 1 } } })
      const client = await opened(port)
      expect(await (await asked(port)).until('BULKHEAD_FULL')).toMatch(/^HTTP\/1.1 503 /)
      client.socket.destroy()
      await vi.waitFor(async () => {
        const next = await asked(port)
        expect(await next.until(/HTTP\/1.1 \d+/)).toContain('101 Switching')
      })
    }
  })

  it('weighs on its instance for least-connections', async () => {
    const served: number[] = []
    const upstreams = await Promise.all([0, 1].map((which) => startRawUpstream((socket) => served.push(which) && accept(socket))))
    const { port } = await startProxy(
      upstreams.map((upstream) => upstream.port),
      { serviceConfig: { loadBalancingStrategy: 'least-connections' } },
    )
    for (let count = 0; count < 10; count++) await opened(port)
    expect(served.filter((which) => which === 0)).toHaveLength(5)
  })
})

describe('before the upgrade', () => {
  it('a 503 is retried at another instance, where the route has retries', async () => {
    watchedLeases()
    const shedding = await startRawUpstream((socket) => socket.write('HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno'))
    const good = await startRawUpstream(accept)
    const { port } = await startProxy([shedding.port, good.port], {
      serviceConfig: { loadBalancingStrategy: 'watched' },
      trafficPolicy: { retry: { maxAttempts: 1, backoff: 'fixed', baseDelay: 0 } },
    })
    await opened(port)
    expect([shedding.sockets.length, good.sockets.length]).toEqual([1, 1])
  })

  it('a body is too large as ever, and no mirror gets a handshake', async () => {
    const mirror = await startUpstream((_request, response) => response.end())
    const { port, backend, upstream } = await setUp({ trafficPolicy: { maxBodyBytes: 3, mirror: { service: 'mirror' } } })
    await register(backend, 'mirror', mirror.port)
    const large = await rawClient(port)
    large.write(`${ask.slice(0, -2)}Content-Length: 4\r\n\r\nbody`)
    expect(await large.until('BODY_TOO_LARGE')).toMatch(/^HTTP\/1.1 413 /)
    const client = await opened(port)
    client.write('hello')
    await vi.waitFor(() => expect(upstream.received[0]).toMatch(/hello$/))
    expect([mirror.requests.length, upstream.sockets.length]).toEqual([0, 1])
  })
})
