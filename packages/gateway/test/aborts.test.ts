import type { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import type { GatewayRouteDefinition } from '../src/index.js'
import { recordingLogger, send, startProxy } from './harness.js'
import { watchedLeases } from './leases.js'
import { rawClient, startRawUpstream } from './raw-http.js'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** A proxy whose service answers `/good` and leaves the rest to the test, with all that a client's leaving must not touch in view. */
async function setUp(route: Partial<GatewayRouteDefinition> = {}, onHead: (socket: Socket) => unknown = () => undefined) {
  const leases = watchedLeases()
  const { logger, lines } = recordingLogger()
  const upstream = await startRawUpstream((socket, head) => (head.includes(' /good ') ? socket.write(ok) : onHead(socket)))
  const proxy = await startProxy(
    [upstream.port],
    { serviceConfig: { loadBalancingStrategy: 'watched' }, circuitBreaker: { failureThreshold: 1, resetTimeout: '1h' }, ...route },
    { middleware: { logging: true } },
    { logger },
  )
  const events: string[] = []
  for (const event of ['route:error', 'route:timeout', 'circuit:open'] as const) proxy.gateway.on(event, () => events.push(event))
  /** The leaving was nobody's failure, nothing is left of it, and the gateway serves. */
  const nobodysFailure = async ({ leavers = 1, calls = 1, failures = 0 } = {}) => {
    await vi.waitFor(() => expect(lines.filter(({ fields }) => 'status' in fields && fields.status === 499)).toHaveLength(leavers))
    expect(leases.open).toBe(0)
    expect(leases.outcomes).not.toContain('failure')
    expect((await send(proxy.port, '/good')).text).toBe('ok')
    expect(events).toEqual(new Array(failures).fill('route:error'))
    expect(proxy.gateway.getMetrics().getSnapshot().aggregated.totalCalls).toBe(calls + failures)
    await proxy.gateway.close({ drainTimeout: '2s' })
  }
  return { ...proxy, upstream, leases, lines, nobodysFailure }
}

const get = 'GET /hang HTTP/1.1\r\nHost: a\r\n\r\n'

describe('a client that leaves', () => {
  it.each([
    { framing: 'Content-Length: 1000000', policy: {} },
    { framing: 'Transfer-Encoding: chunked', policy: {} },
    { framing: 'Content-Length: 1000000', policy: { trafficPolicy: { retry: { maxAttempts: 2 } } } },
  ])('during the upload ($framing)', async ({ framing, policy }) => {
    const { port, upstream, nobodysFailure } = await setUp(policy)
    const client = await rawClient(port)
    client.write(`PUT /hang HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`)
    client.write(framing.startsWith('C') ? 'x'.repeat(100_000) : `186a0\r\n${'x'.repeat(100_000)}\r\n`)
    await vi.waitFor(() => expect(upstream.received[0]?.length).toBeGreaterThan(50_000))
    client.socket.destroy()
    await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
    await nobodysFailure()
  })

  it('while its short body is being kept for a retry', async () => {
    const { port, upstream, nobodysFailure } = await setUp({ trafficPolicy: { retry: { maxAttempts: 2 } } })
    const client = await rawClient(port)
    client.write('PUT /hang HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf')
    await new Promise((resolve) => setImmediate(resolve))
    client.socket.destroy()
    await nobodysFailure()
    expect(upstream.sockets).toHaveLength(1)
  })

  it('before the head', async () => {
    const { port, upstream, nobodysFailure } = await setUp()
    const client = await rawClient(port)
    client.write(get)
    await vi.waitFor(() => expect(upstream.received[0]).toContain('\r\n\r\n'))
    client.socket.resetAndDestroy()
    await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
    await nobodysFailure()
  })

  it.each(['Content-Length: 1000', 'Transfer-Encoding: chunked'])('in the middle of the answer (%s)', async (framing) => {
    const { port, upstream, nobodysFailure } = await setUp({}, (socket) =>
      socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n4\r\nhalf\r\n`),
    )
    const client = await rawClient(port)
    client.write(get)
    await client.until('half')
    client.socket.destroy()
    await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
    await nobodysFailure()
  })

  it('while it does not read its answer', async () => {
    const endless = (socket: Socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      const more = () => {
        while (!socket.destroyed && socket.write(`10000\r\n${'x'.repeat(65_536)}\r\n`));
      }
      socket.on('drain', more)
      more()
    }
    const { port, upstream, nobodysFailure } = await setUp({}, endless)
    const client = await rawClient(port)
    client.socket.pause()
    client.write(get)
    await vi.waitFor(() => expect(upstream.sockets[0]?.writableNeedDrain).toBe(true))
    client.socket.destroy()
    await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
    await nobodysFailure()
  })

  it('while it waits for a place', async () => {
    const { gateway, port, upstream, lines, nobodysFailure } = await setUp({
      trafficPolicy: { bulkhead: { maxConcurrent: 1, maxQueue: 1 } },
    })
    gateway.addRoute({ path: '/good', serviceName: 'service' })
    const first = await rawClient(port)
    first.write(get)
    await vi.waitFor(() => expect(upstream.received[0]).toContain('\r\n\r\n'))
    const second = await rawClient(port)
    second.write(`GET /good HTTP/1.1\r\nHost: a\r\n\r\n${get}`)
    await second.until(/ok$/)
    expect((await send(port, '/full')).status).toBe(503)
    second.socket.destroy()
    await vi.waitFor(() => expect(lines.map(({ fields }) => fields)).toContainEqual(expect.objectContaining({ status: 499 })))
    first.socket.destroy()
    await nobodysFailure({ leavers: 2, calls: 2, failures: 1 })
    expect(upstream.received.join('').match(/hang/g)).toHaveLength(1)
  })

  it('during the pause before a retry', async () => {
    const unavailable = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n'
    const { port, upstream, gateway, leases } = await setUp(
      { trafficPolicy: { retry: { maxAttempts: 1, baseDelay: '1h', jitter: false } }, circuitBreaker: false },
      (socket) => socket.write(unavailable),
    )
    const client = await rawClient(port)
    client.write(get)
    await vi.waitFor(() => expect(leases.outcomes).toEqual(['failure']))
    client.socket.destroy()
    await gateway.close({ drainTimeout: '5s' })
    expect(upstream.received[0]?.match(/GET/g)).toHaveLength(1)
    expect(gateway.getMetrics().getSnapshot().aggregated.totalCalls).toBe(0)
  })

  it('with requests behind it on the same connection', async () => {
    const { port, upstream, leases, nobodysFailure } = await setUp({}, (socket) =>
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(500_000)}`),
    )
    const client = await rawClient(port)
    client.socket.pause()
    client.write(get + get + get)
    await vi.waitFor(() => expect(upstream.sockets).toHaveLength(3))
    client.socket.destroy()
    await vi.waitFor(() => expect(leases.open).toBe(0))
    for (const socket of upstream.sockets) await vi.waitFor(() => expect(socket.destroyed).toBe(true))
    await nobodysFailure({ leavers: 3 })
  })
})
