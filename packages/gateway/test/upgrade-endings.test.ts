import type { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import type { GatewayRouteDefinition } from '../src/index.js'
import { recordingLogger, startProxy } from './harness.js'
import { watchedLeases } from './leases.js'
import { rawClient, startRawUpstream } from './raw-http.js'

const ask = 'GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'

async function setUp(
  route: Partial<GatewayRouteDefinition> = {},
  onHead: (socket: Socket) => unknown = (socket) => socket.write(switched),
) {
  const leases = watchedLeases()
  const { logger, lines } = recordingLogger()
  const upstream = await startRawUpstream(onHead)
  const proxy = await startProxy(
    [upstream.port],
    { serviceConfig: { loadBalancingStrategy: 'watched' }, ...route },
    { middleware: { logging: true } },
    { logger },
  )
  const statuses = () => lines.flatMap(({ fields }) => ('status' in fields ? [fields.status] : []))
  return { ...proxy, upstream, leases, statuses }
}

async function tunnel(port: number) {
  const client = await rawClient(port)
  client.write(ask)
  await client.until('\r\n\r\n')
  return client
}

describe('a client that leaves', () => {
  it.each(['end', 'destroy', 'resetAndDestroy'] as const)('before the service has answered the upgrade (%s)', async (leave) => {
    const { port, upstream, leases, statuses } = await setUp({ circuitBreaker: { failureThreshold: 1 } }, () => undefined)
    const client = await rawClient(port)
    client.write(`${ask}early`)
    await vi.waitFor(() => expect(upstream.received[0]).toContain('\r\n\r\n'))
    client.socket[leave]()
    await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
    await vi.waitFor(() => expect([leases.open, leases.outcomes, statuses()]).toEqual([0, ['ignored'], [499]]))
  })

  it('in the middle of an answer that refuses it', async () => {
    const { port, upstream, leases, statuses } = await setUp({}, (socket) => {
      socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\nhalf')
    })
    const client = await tunnel(port)
    client.socket.destroy()
    await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
    await vi.waitFor(() => expect([leases.open, leases.outcomes, statuses()]).toEqual([0, ['ignored'], [499]]))
  })

  it('while the upgrade waits for a place', async () => {
    const { port, upstream, statuses } = await setUp({ trafficPolicy: { bulkhead: { maxConcurrent: 1, maxQueue: 1 } } })
    await tunnel(port)
    const second = await rawClient(port)
    second.write(ask)
    const third = await rawClient(port)
    third.write(ask)
    expect(await Promise.race([second.until('503').then(() => second), third.until('503').then(() => third)])).toBeDefined()
    const waiting = second.received === '' ? second : third
    waiting.socket.destroy()
    await vi.waitFor(() => expect([...statuses()].sort()).toEqual([499, 503]))
    expect(upstream.sockets).toHaveLength(1)
  })
})

describe('a long answer instead of a 101', () => {
  it('streams as the client takes it', async () => {
    const body = 'x'.repeat(5_000_000)
    const { port } = await setUp({}, (socket) =>
      socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`),
    )
    const client = await rawClient(port)
    client.socket.pause()
    client.write(ask)
    await new Promise((resolve) => setTimeout(resolve, 50))
    client.socket.resume()
    await client.until(/0\r\n\r\n$/)
    expect(client.received.match(/x/g)).toHaveLength(body.length)
  })

  it('that breaks off is cut at the client', async () => {
    const { port, leases } = await setUp({}, (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf', () => socket.destroy())
    })
    const client = await rawClient(port)
    client.write(ask)
    expect(await client.closed).toBe('cut')
    await vi.waitFor(() => expect([leases.open, leases.outcomes]).toEqual([0, ['failure']]))
  })
})

describe('a 101 that is none', () => {
  it.each([
    ['names no protocol', 'HTTP/1.1 101 Switching Protocols\r\nX-A: 1\r\n\r\n'],
    ['names another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'],
  ])('%s: 502, and the connection is given up', async (_what, answer) => {
    const { port, upstream, leases } = await setUp({}, (socket) => socket.write(answer))
    const client = await rawClient(port)
    client.write(ask)
    expect(await client.until('UPSTREAM_INVALID')).toMatch(/^HTTP\/1.1 502 /)
    await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
    expect([leases.open, leases.outcomes]).toEqual([0, ['failure']])
  })

  it('never comes: 504 after the attempt’s time', async () => {
    const { port, upstream } = await setUp({ trafficPolicy: { attemptTimeout: 30 } }, () => undefined)
    const client = await rawClient(port)
    client.write(ask)
    expect(await client.until('UPSTREAM_TIMEOUT')).toMatch(/^HTTP\/1.1 504 /)
    await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
  })
})

describe('a gateway that closes', () => {
  it('lets a tunnel finish', async () => {
    const { gateway, port, upstream, leases } = await setUp()
    const client = await tunnel(port)
    let isClosed = false
    const closed = gateway.close({ drainTimeout: '10s' }).then(() => (isClosed = true))
    client.write('more')
    await vi.waitFor(() => expect(upstream.received[0]).toMatch(/more$/))
    expect(isClosed).toBe(false)
    upstream.sockets[0]?.end('last')
    await client.until('last')
    client.socket.end()
    await closed
    expect([await client.closed, leases.outcomes]).toEqual(['end', ['success']])
  })

  it('cuts it after the drain timeout, and at once when it is stopped', async () => {
    for (const end of ['close', 'stop'] as const) {
      const { gateway, port, upstream, leases } = await setUp()
      const client = await tunnel(port)
      if (end === 'close') await gateway.close({ drainTimeout: 30 })
      else gateway.stop()
      await client.closed
      await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
      await vi.waitFor(() => expect(leases.open).toBe(0))
    }
  })
})
