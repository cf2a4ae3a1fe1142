import type { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import type { RouteFailureEvent } from '../src/index.js'
import { send, startProxy, startUpstream, type Answer } from './harness.js'
import { watchedLeases } from './leases.js'
import { closedPort, rawClient, startRawUpstream } from './raw-http.js'

const watched = { serviceConfig: { loadBalancingStrategy: 'watched' } }

/** A proxy in front of a service that misbehaves once, and well afterwards, with everything that could leak in view. */
async function inFrontOf(misbehave: (socket: Socket) => unknown, route: object = {}) {
  const leases = watchedLeases()
  const upstream = await startRawUpstream((socket, _head, count) =>
    count === 0 ? misbehave(socket) : socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  )
  const proxy = await startProxy([upstream.port], { ...watched, ...route })
  const events: (RouteFailureEvent & { event: string })[] = []
  for (const event of ['route:error', 'route:timeout'] as const) proxy.gateway.on(event, (payload) => events.push({ ...payload, event }))
  const settle = async () => {
    expect((await send(proxy.port, '/again')).text).toBe('ok')
    expect(leases.open).toBe(0)
    const { totalCalls } = proxy.gateway.getMetrics().getSnapshot().aggregated
    expect(totalCalls).toBe(2)
  }
  return { ...proxy, upstream, leases, events, settle }
}

function expectProblem(answer: Answer, status: number, code: string, ports: readonly number[]): void {
  expect(answer.status).toBe(status)
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(JSON.parse(answer.text)).toMatchObject({ type: 'about:blank', status, code })
  for (const port of ports) expect(answer.text).not.toContain(String(port))
  expect(answer.text).not.toContain('127.0.0.1')
}

describe('a service that gives no answer', () => {
  it('nobody listens: 502, an event, nothing leaks', async () => {
    const leases = watchedLeases()
    const dead = await closedPort()
    const { gateway, port } = await startProxy([dead], watched)
    const events: RouteFailureEvent[] = []
    gateway.on('route:error', (event) => events.push(event))
    expectProblem(await send(port, '/x?secret'), 502, 'UPSTREAM_UNREACHABLE', [dead])
    expect(events).toMatchObject([{ route: '/**', serviceName: 'service', method: 'GET', path: '/x', status: 502 }])
    expect(leases.open).toBe(0)
    expect(leases.outcomes).toEqual(['failure', 'failure'])
  })

  it('one of two instances is dead: the other serves, for any method and with a body, once', async () => {
    const leases = watchedLeases()
    const upstream = await startUpstream((request, response) => request.pipe(response))
    const { port } = await startProxy([await closedPort(), upstream.port], watched)
    expect((await send(port, '/', { method: 'POST', body: 'posted' })).text).toBe('posted')
    expect((await send(port, '/')).status).toBe(200)
    expect(leases.outcomes).toEqual(['failure', 'success', 'failure', 'success'])
  })

  it('two of three are dead: one retry is all there is', async () => {
    const leases = watchedLeases()
    const upstream = await startUpstream((_request, response) => response.end())
    const { port } = await startProxy([await closedPort(), await closedPort(), upstream.port], watched)
    expect((await send(port, '/')).status).toBe(502)
    expect(leases.outcomes).toEqual(['failure', 'failure'])
  })

  it('there is no instance: 503 with Retry-After', async () => {
    const { gateway, port } = await startProxy([])
    const events: RouteFailureEvent[] = []
    gateway.on('route:error', (event) => events.push(event))
    const answer = await send(port, '/')
    expectProblem(answer, 503, 'NO_INSTANCE', [])
    expect(answer.headers['retry-after']).toBe('1')
    expect(events).toHaveLength(1)
    expect(events[0]?.error.cause).toMatchObject({ message: "the registry knows none of 'service' that is UP" })
  })

  it('there is none that the filter lets through: operators are told which were wanted', async () => {
    const { gateway, port } = await startProxy([await closedPort()], { serviceConfig: { filter: { tags: ['v2'] } } })
    const events: RouteFailureEvent[] = []
    gateway.on('route:error', (event) => events.push(event))
    const answer = await send(port, '/')
    expect(answer.status).toBe(503)
    expect(answer.text).not.toContain('v2')
    expect(events[0]?.error.cause).toMatchObject({ message: `the registry knows none of 'service' with {"tags":["v2"]} that is UP` })
  })
})

describe('a service that breaks the rules', () => {
  it.each([
    { what: 'closes before the head', misbehave: (socket: Socket) => socket.end(), code: 'UPSTREAM_RESET' },
    { what: 'resets before the head', misbehave: (socket: Socket) => socket.resetAndDestroy(), code: 'UPSTREAM_RESET' },
    { what: 'breaks off in the head', misbehave: (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nX-A'), code: 'UPSTREAM_RESET' },
    { what: 'sends garbage', misbehave: (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'), code: 'UPSTREAM_INVALID' },
    { what: 'sends a binary', misbehave: (socket: Socket) => socket.end(Buffer.alloc(512, 0)), code: 'UPSTREAM_INVALID' },
    {
      what: 'names two lengths',
      misbehave: (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'),
      code: 'UPSTREAM_INVALID',
    },
    {
      what: 'sends a header without end',
      misbehave: (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(40_000)}`),
      code: 'UPSTREAM_INVALID',
    },
    {
      what: 'sends headers without end',
      misbehave: (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\n${'X-Many: x\r\n'.repeat(4_000)}`),
      code: 'UPSTREAM_INVALID',
    },
    {
      what: 'switches protocols unasked',
      misbehave: (socket: Socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
      code: 'UPSTREAM_INVALID',
    },
  ])('$what: 502', async ({ misbehave, code }) => {
    const { port, upstream, leases, events, settle } = await inFrontOf(misbehave)
    expectProblem(await send(port, '/'), 502, code, [upstream.port])
    expect(events).toMatchObject([{ event: 'route:error', status: 502 }])
    expect(leases.outcomes).toEqual(['failure'])
    await settle()
    expect(upstream.sockets[0]?.destroyed).toBe(true)
  })

  it.each([
    { framing: 'Content-Length', head: 'Content-Length: 10\r\n\r\n', part: 'half', end: (socket: Socket) => socket.end() },
    { framing: 'chunks', head: 'Transfer-Encoding: chunked\r\n\r\n', part: '4\r\nhalf\r\n', end: (socket: Socket) => socket.end() },
    {
      framing: 'chunks, reset',
      head: 'Transfer-Encoding: chunked\r\n\r\n',
      part: '4\r\nhalf\r\n',
      end: (socket: Socket) => socket.resetAndDestroy(),
    },
    {
      framing: 'closing chunks',
      head: 'Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n',
      part: '4\r\nhalf\r\n',
      end: (socket: Socket) => socket.end(),
    },
    {
      framing: 'bad chunks',
      head: 'Transfer-Encoding: chunked\r\n\r\n',
      part: '4\r\nhalf\r\n',
      end: (socket: Socket) => socket.write('zz\r\n'),
    },
  ])('half a body ($framing) cuts the client’s connection', async ({ head, part, end }) => {
    const { gateway, port, leases, events, upstream, settle } = await inFrontOf((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\n${head}${part}`),
    )
    const client = await rawClient(port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.until('half')
    end(upstream.sockets[0] as Socket)
    await client.closed
    expect(client.received).not.toMatch(/0\r\n\r\n$/)
    await vi.waitFor(() => expect(leases.outcomes).toEqual(['failure']))
    expect(events).toMatchObject([{ event: 'route:error' }])
    expect(gateway.getMetrics().getSnapshot().aggregated.failureCalls).toBe(1)
    await settle()
  })

  it('half a body is no whole one for a client of HTTP/1.0 either, to which the end of the connection is the end of the answer', async () => {
    const { port, upstream, settle } = await inFrontOf((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'),
    )
    const client = await rawClient(port)
    client.write('GET / HTTP/1.0\r\n\r\n')
    expect(await client.until('half')).not.toContain('chunked')
    upstream.sockets[0]?.destroy()
    expect(await client.closed).toBe('cut')
    await settle()
  })

  it('half a body rejects handleRequest, and is a failure', async () => {
    const { gateway, leases, events, settle } = await inFrontOf((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'))
    await expect(gateway.handleRequest({ method: 'GET', path: '/' })).rejects.toMatchObject({ code: 'UPSTREAM_RESET' })
    expect(leases.outcomes).toEqual(['failure'])
    expect(events).toMatchObject([{ event: 'route:error' }])
    await settle()
  })

  it('bytes after the answer cost the connection, and nothing else', async () => {
    const { port, settle } = await inFrontOf((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n'),
    )
    expect((await send(port, '/')).text).toBe('ok')
    await settle()
  })
})

describe('a service that takes too long', () => {
  it.each([
    { policy: { timeout: 40 }, what: 'in total' },
    { policy: { attemptTimeout: 40 }, what: 'for an attempt' },
  ])('$what: 504, and the call is called off', async ({ policy }) => {
    const { port, upstream, leases, events, settle } = await inFrontOf(() => undefined, { trafficPolicy: policy })
    expectProblem(await send(port, '/slow'), 504, 'UPSTREAM_TIMEOUT', [upstream.port])
    expect(events).toMatchObject([{ event: 'route:timeout', path: '/slow', status: 504 }])
    expect(leases.outcomes).toEqual(['failure'])
    await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
    await settle()
  })

  it('in the middle of an answer: the client’s connection is cut', async () => {
    const { port, events, upstream, settle } = await inFrontOf(
      (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
      { trafficPolicy: { timeout: 60 } },
    )
    await expect(send(port, '/')).rejects.toThrow()
    await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
    expect(events).toMatchObject([{ event: 'route:timeout' }])
    await settle()
  })

  it('between two chunks: the client’s connection is cut', { timeout: 10_000 }, async () => {
    const leases = watchedLeases()
    const upstream = await startRawUpstream((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'))
    const { port } = await startProxy([upstream.port], watched, { upstream: { idleTimeout: 50 } })
    await expect(send(port, '/')).rejects.toThrow()
    expect(leases.outcomes).toEqual(['failure'])
  })
})
