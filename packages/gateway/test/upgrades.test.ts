import type { Socket } from 'node:net'
import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import type { GatewayRouteDefinition } from '../src/index.js'
import { startProxy } from './harness.js'
import { watchedLeases } from './leases.js'
import { fieldLines, fieldValues, rawClient, type RawUpstream, startRawUpstream } from './raw-http.js'

const ask = 'GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n'
const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-A: 1\r\n\r\n'

async function setUp(
  route: Partial<GatewayRouteDefinition> = {},
  onHead: (socket: Socket) => unknown = (socket) => socket.write(switched),
) {
  const leases = watchedLeases()
  const clock = new FakeClock()
  const upstream = await startRawUpstream(onHead)
  const proxy = await startProxy([upstream.port], { serviceConfig: { loadBalancingStrategy: 'watched' }, ...route }, {}, { clock })
  const ended = async (outcome: string) => {
    await vi.waitFor(() => expect([leases.open, leases.outcomes]).toEqual([0, [outcome]]))
  }
  return { ...proxy, upstream, leases, clock, ended }
}

async function tunnel(port: number) {
  const client = await rawClient(port)
  client.write(ask)
  await client.until('\r\n\r\n')
  return client
}

const sent = ({ received }: RawUpstream) => received[0]?.split('\r\n\r\n')[1]

describe('an upgrade', () => {
  it('is asked for anew at the instance, and its 101 has our fields', async () => {
    const { port, upstream } = await setUp({ rateLimit: { strategy: 'token-bucket', max: 5, window: '1h' } })
    const client = await tunnel(port)
    const asked = fieldLines(upstream.received[0] ?? '')
    expect(fieldValues(asked, 'connection')).toEqual(['upgrade'])
    expect(fieldValues(asked, 'upgrade')).toEqual(['websocket'])
    expect(fieldValues(asked, 'sec-websocket-key')).toEqual(['k'])
    const answered = fieldLines(client.received)
    expect(client.received).toMatch(/^HTTP\/1.1 101 Switching Protocols\r\n/)
    expect(fieldValues(answered, 'connection')).toEqual(['Upgrade'])
    expect(fieldValues(answered, 'upgrade')).toEqual(['websocket'])
    expect(fieldValues(answered, 'x-a')).toEqual(['1'])
    expect(fieldValues(answered, 'ratelimit-policy')).toEqual(['"route";q=5;w=3600'])
    expect(fieldValues(answered, 'transfer-encoding')).toEqual([])
  })

  it('may come byte by byte', async () => {
    const { port } = await setUp()
    const client = await rawClient(port)
    for (const byte of ask) {
      client.write(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await client.until('\r\n\r\n')).toMatch(/^HTTP\/1.1 101 /)
  })

  it('keeps the order of bytes that came with the request, before the 101, with it and after it', async () => {
    let answer = () => undefined as unknown
    const { port, upstream } = await setUp({}, (socket) => {
      answer = () => socket.write(`${switched}first,`)
    })
    const client = await rawClient(port)
    client.write(`${ask}head,`)
    await vi.waitFor(() => expect(upstream.received[0]).toContain('\r\n\r\n'))
    client.write('early,')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(sent(upstream)).toBe('')
    answer()
    await client.until('first,')
    client.write('late')
    await vi.waitFor(() => expect(sent(upstream)).toBe('head,early,late'))
    upstream.sockets[0]?.write('second')
    expect(await client.until('second')).toMatch(/\r\n\r\nfirst,second$/)
  })

  it.each(['client', 'service'])('stops reading from a side whose bytes the other does not take (%s)', async (slow) => {
    const { port, upstream } = await setUp()
    const client = await tunnel(port)
    const service = upstream.sockets[0] as Socket
    const [from, to] = slow === 'client' ? [service, client.socket] : [client.socket, service]
    to.pause()
    const chunk = Buffer.alloc(65_536, 'x')
    let written = 0
    while (written < 64 * 1024 * 1024) {
      written += chunk.length
      if (from.write(chunk)) continue
      const drained = await Promise.race([
        new Promise<boolean>((resolve) => from.once('drain', () => resolve(true))),
        new Promise<boolean>((resolve) => setTimeout(resolve, 200, false)),
      ])
      if (!drained) break
    }
    expect(written).toBeLessThan(32 * 1024 * 1024)
    let arrived = 0
    to.removeAllListeners('data').on('data', (part: Buffer) => (arrived += part.length))
    to.resume()
    await vi.waitFor(() => expect(arrived).toBe(written), { timeout: 5_000 })
  })

  it('lets either side end its half and still receive', async () => {
    for (const first of ['client', 'service']) {
      const { port, upstream, ended } = await setUp()
      const client = await tunnel(port)
      const service = upstream.sockets[0] as Socket
      service.allowHalfOpen = true
      client.socket.allowHalfOpen = true
      const [one, other] = first === 'client' ? [client.socket, service] : [service, client.socket]
      const otherEnded = new Promise((resolve) => other.once('end', resolve))
      one.end('bye')
      await otherEnded
      other.write('and ')
      other.end('more')
      if (first === 'client') expect(await client.until('and more')).toBeTruthy()
      else await vi.waitFor(() => expect(sent(upstream)).toBe('and more'))
      expect(await client.closed).toBe('end')
      await ended('success')
    }
  })
})

describe('a tunnel', () => {
  it('outlives the total timeout and the attempt’s, and ends after too long a silence', async () => {
    const { port, upstream, clock, ended } = await setUp({
      trafficPolicy: { timeout: '1s', attemptTimeout: '1s', upgradeIdleTimeout: '10s' },
    })
    const client = await tunnel(port)
    await clock.advance(9_000)
    client.write('still here')
    await vi.waitFor(() => expect(sent(upstream)).toBe('still here'))
    await clock.advance(9_999)
    upstream.sockets[0]?.write('and I')
    await client.until('and I')
    await clock.advance(9_999)
    expect(client.socket.destroyed).toBe(false)
    await clock.advance(1)
    await client.closed
    await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
    await ended('success')
  })

  it('has the idle time of upstreams where the route says nothing, and none where it says false', async () => {
    const byDefault = await setUp()
    const client = await tunnel(byDefault.port)
    await byDefault.clock.advance(300_000)
    await client.closed
    const endless = await setUp({ trafficPolicy: { upgradeIdleTimeout: false } })
    const other = await tunnel(endless.port)
    await endless.clock.advance(86_400_000)
    endless.upstream.sockets[0]?.write('alive')
    expect(await other.until('alive')).toBeTruthy()
  })

  it('ends at the client when the service resets it, which is a failure', async () => {
    const { gateway, port, upstream, ended } = await setUp()
    const errors: unknown[] = []
    gateway.on('route:error', ({ status, error }) => errors.push([status, 'code' in error && error.code]))
    const client = await tunnel(port)
    upstream.sockets[0]?.resetAndDestroy()
    expect(await client.closed).toBe('cut')
    await ended('failure')
    await vi.waitFor(() => expect(errors).toEqual([[101, 'UPSTREAM_RESET']]))
  })

  it('ends at the service when the client resets it, which is nobody’s failure', async () => {
    const { gateway, port, upstream, ended } = await setUp({ circuitBreaker: { failureThreshold: 1 } })
    const client = await tunnel(port)
    client.socket.resetAndDestroy()
    await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
    await ended('success')
    await vi.waitFor(() => expect(gateway.getMetrics().getSnapshot().aggregated).toMatchObject({ totalCalls: 1, failureCalls: 0 }))
  })

  it('stays when its route is replaced or its instance leaves', async () => {
    const { gateway, backend, port, upstream } = await setUp()
    const client = await tunnel(port)
    gateway.removeRoute('/**')
    gateway.addRoute({ path: '/**', serviceName: 'other' })
    for (const { id } of await backend.getInstances('service')) await backend.deregister(id)
    client.write('ping')
    await vi.waitFor(() => expect(sent(upstream)).toBe('ping'))
    upstream.sockets[0]?.write('pong')
    expect(await client.until('pong')).toBeTruthy()
  })
})
