import { createServer } from 'node:http'
import { randomBytes } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { startProxy } from './harness.js'
import { watchedLeases } from './leases.js'
import { closedPort } from './raw-http.js'
import { openSocket, refusedSocket, startWebSocketUpstream } from './web-sockets.js'

describe('a WebSocket through the gateway', () => {
  it('carries text and bytes both ways, a megabyte too', async () => {
    const upstream = await startWebSocketUpstream()
    const { port } = await startProxy([upstream.port])
    const { socket, next } = await openSocket(port)
    socket.send('hello')
    expect((await next()).toString()).toBe('hello')
    for (const size of [0, 1, 65_536, 1_048_576]) {
      const bytes = randomBytes(size)
      socket.send(bytes)
      expect((await next()).equals(bytes)).toBe(true)
    }
  })

  it('carries pings and pongs of both sides, and the code of the close', async () => {
    const upstream = await startWebSocketUpstream()
    const { port } = await startProxy([upstream.port])
    const { socket, closed } = await openSocket(port)
    const ponged = new Promise<string>((resolve) => socket.once('pong', (data) => resolve(data.toString())))
    socket.ping('p1')
    expect(await ponged).toBe('p1')
    const theirs = upstream.sockets[0]
    const pongedBack = new Promise<string>((resolve) => theirs?.once('pong', (data) => resolve(data.toString())))
    theirs?.ping('p2')
    expect(await pongedBack).toBe('p2')
    theirs?.close(4321, 'enough')
    expect(await closed).toBe(4321)
  })

  it('lets the service choose a subprotocol, and gets path, query, fields and forwarding as any request', async () => {
    const upstream = await startWebSocketUpstream(undefined, { handleProtocols: (offered) => [...offered].at(-1) ?? false })
    const { port } = await startProxy(
      [upstream.port],
      { path: '/api/**', serviceConfig: { stripPrefix: '/api' }, trafficPolicy: { transform: { request: { set: { 'X-Tenant': 'a' } } } } },
      { middleware: { requestId: true } },
    )
    let answered: Readonly<Record<string, unknown>> = {}
    const { socket } = await openSocket(port, '/api/live?room=7', {
      protocols: ['v1', 'v2'],
      headers: { Cookie: 'a=1' },
      finishRequest: (request) => {
        request.on('upgrade', (response) => (answered = response.headers))
        request.end()
      },
    })
    expect(socket.protocol).toBe('v2')
    expect(answered['x-request-id']).toMatch(/^[\w-]{36}$/)
    expect(upstream.handshakes[0]?.url).toBe('/live?room=7')
    expect(upstream.handshakes[0]?.headers).toMatchObject({
      host: `127.0.0.1:${upstream.port}`,
      cookie: 'a=1',
      'x-tenant': 'a',
      'x-forwarded-for': '127.0.0.1',
      'x-request-id': answered['x-request-id'],
    })
  })

  it('is counted once, when it opens, and holds its lease until it ends', async () => {
    const leases = watchedLeases()
    const upstream = await startWebSocketUpstream()
    const { gateway, port } = await startProxy([upstream.port], { serviceConfig: { loadBalancingStrategy: 'watched' } })
    const { socket, closed } = await openSocket(port)
    const total = () => gateway.getMetrics().getSnapshot().aggregated
    await vi.waitFor(() => expect([leases.open, total().totalCalls]).toEqual([1, 1]))
    socket.close()
    await closed
    await vi.waitFor(() => expect(leases.open).toBe(0))
    expect(leases.outcomes).toEqual(['success'])
    expect(total()).toMatchObject({ totalCalls: 1, successCalls: 1 })
  })
})

describe('a handshake that is not followed', () => {
  it.each([401, 403, 404])('gets the %i of the service, body and fields and all', async (status) => {
    const leases = watchedLeases()
    const server = createServer().on('upgrade', (_request, socket) => {
      socket.end(`HTTP/1.1 ${status} No\r\nX-Why: because\r\nContent-Length: 7\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nrefused`)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port: upstreamPort } = server.address() as { port: number }
    const { port } = await startProxy([upstreamPort], { serviceConfig: { loadBalancingStrategy: 'watched' } })
    const refusal = await refusedSocket(port)
    server.close()
    expect(refusal).toMatchObject({ status, text: 'refused', headers: { 'x-why': 'because', connection: 'keep-alive' } })
    expect(refusal.headers['set-cookie']).toEqual(['a=1', 'b=2'])
    await vi.waitFor(() => expect([leases.open, leases.outcomes]).toEqual([0, ['success']]))
  })

  it('gets 502 where the service cannot be reached, and 503 where it has no instance', async () => {
    const away = await startProxy([await closedPort()])
    expect(await refusedSocket(away.port)).toMatchObject({ status: 502, text: expect.stringContaining('UPSTREAM_UNREACHABLE') as string })
    const empty = await startProxy([])
    expect(await refusedSocket(empty.port)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
  })

  it('gets 404 where there is no route, and 429 from a rate limit, each as a problem', async () => {
    const upstream = await startWebSocketUpstream()
    const { port } = await startProxy([upstream.port], { path: '/live', rateLimit: { strategy: 'token-bucket', max: 1, window: '1h' } })
    expect(await refusedSocket(port, '/else')).toMatchObject({ status: 404 })
    const { socket } = await openSocket(port, '/live')
    expect(await refusedSocket(port, '/live')).toMatchObject({
      status: 429,
      headers: { 'retry-after': '3600', 'content-type': 'application/problem+json' },
      text: expect.stringContaining('RATE_LIMITED') as string,
    })
    expect(socket.readyState).toBe(socket.OPEN)
  })

  it('goes to another instance where the first cannot be reached', async () => {
    watchedLeases()
    const upstream = await startWebSocketUpstream()
    const { port } = await startProxy([await closedPort(), upstream.port], { serviceConfig: { loadBalancingStrategy: 'watched' } })
    const { socket, next } = await openSocket(port)
    socket.send('there')
    expect((await next()).toString()).toBe('there')
  })

  it('opens the circuit, whose 503 the next one gets', async () => {
    const { port } = await startProxy([await closedPort()], { circuitBreaker: { failureThreshold: 2, resetTimeout: '1h' } })
    expect((await refusedSocket(port)).status).toBe(502)
    expect(await refusedSocket(port)).toMatchObject({ status: 503, text: expect.stringContaining('CIRCUIT_OPEN') as string })
  })
})
