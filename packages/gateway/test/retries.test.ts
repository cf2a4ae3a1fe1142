import { describe, expect, it, vi } from 'vitest'
import type { GatewayRouteDefinition } from '../src/index.js'
import { send, startProxy, startUpstream } from './harness.js'
import { watchedLeases } from './leases.js'
import { closedPort, rawClient, startRawUpstream } from './raw-http.js'

const quick = { maxAttempts: 2, baseDelay: 1 }

const policies = (retry: object, more: Partial<GatewayRouteDefinition> = {}): Partial<GatewayRouteDefinition> => ({
  serviceConfig: { loadBalancingStrategy: 'watched' },
  trafficPolicy: { retry: { ...quick, ...retry } },
  ...more,
})

/** Answers with each status in turn, the last one for ever, and tells what was asked of it. */
async function answering(statuses: readonly number[], fields: Readonly<Record<string, string>> = {}) {
  const bodies: string[] = []
  const upstream = await startUpstream((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString())
      const status = statuses[Math.min(bodies.length, statuses.length) - 1] as number
      response.writeHead(status, status >= 500 ? fields : {}).end(`answer ${bodies.length}`)
    })
  })
  return { ...upstream, bodies }
}

describe('what is retried', () => {
  it.each([
    { method: 'GET', headers: {}, calls: 2 },
    { method: 'HEAD', headers: {}, calls: 2 },
    { method: 'PUT', headers: {}, calls: 2 },
    { method: 'DELETE', headers: {}, calls: 2 },
    { method: 'OPTIONS', headers: {}, calls: 2 },
    { method: 'POST', headers: {}, calls: 1 },
    { method: 'PATCH', headers: {}, calls: 1 },
    { method: 'POST', headers: { 'Idempotency-Key': 'k1' }, calls: 2 },
  ])('$method $headers: $calls calls', async ({ method, headers, calls }) => {
    watchedLeases()
    const upstream = await answering([503, 200])
    const { port } = await startProxy([upstream.port], policies({}))
    const body = method === 'GET' || method === 'HEAD' ? undefined : 'body'
    const framing = body === undefined ? {} : { 'Content-Length': '4' }
    const { status } = await send(port, '/', { method, headers: { ...headers, ...framing }, ...(body !== undefined && { body }) })
    expect(status).toBe(calls === 2 ? 200 : 503)
    expect(upstream.bodies).toEqual(new Array(calls).fill(body ?? ''))
  })

  it.each([
    { status: 500, calls: 1 },
    { status: 501, calls: 1 },
    { status: 502, calls: 2 },
    { status: 503, calls: 2 },
    { status: 504, calls: 2 },
    { status: 429, calls: 1 },
  ])('status $status: $calls calls', async ({ status, calls }) => {
    watchedLeases()
    const upstream = await answering([status, 200])
    const { port } = await startProxy([upstream.port], policies({}))
    expect((await send(port, '/')).status).toBe(calls === 2 ? 200 : status)
    expect(upstream.bodies).toHaveLength(calls)
  })

  it('nothing but connections without `retry`', async () => {
    const upstream = await answering([503, 200])
    const { port } = await startProxy([upstream.port])
    expect(await send(port, '/')).toMatchObject({ status: 503, text: 'answer 1' })
  })

  it.each([
    { method: 'GET', status: 200 },
    { method: 'POST', status: 502 },
  ])('a reset before the head ($method)', async ({ method, status }) => {
    watchedLeases()
    const upstream = await startRawUpstream((socket, _head, count) =>
      count === 0 ? socket.resetAndDestroy() : socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    )
    const { port } = await startProxy([upstream.port], policies({}))
    expect((await send(port, '/', { method })).status).toBe(status)
  })

  it('a POST whose connection could not be made', async () => {
    watchedLeases()
    const upstream = await answering([200])
    const { port } = await startProxy([await closedPort(), await closedPort(), upstream.port], policies({}))
    expect((await send(port, '/', { method: 'POST', body: 'x' })).status).toBe(200)
  })

  it('an attempt that takes too long', async () => {
    const leases = watchedLeases()
    const upstream = await startUpstream((_request, response) => {
      if (upstream.requests.length > 1) response.end('second')
    })
    const { port } = await startProxy([upstream.port], policies({}, { trafficPolicy: { retry: quick, attemptTimeout: 40 } }))
    expect((await send(port, '/')).text).toBe('second')
    expect(leases.outcomes).toEqual(['failure', 'success'])
  })

  it('nothing after a byte went to the client', async () => {
    watchedLeases()
    const upstream = await startRawUpstream((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'))
    const { port } = await startProxy([upstream.port], policies({}))
    const client = await rawClient(port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.closed
    expect(upstream.sockets).toHaveLength(1)
    expect(client.received).toMatch(/half$/)
  })
})

describe('bodies', () => {
  it.each([0, 1, 65_536])('of %i bytes are sent again whole', async (size) => {
    watchedLeases()
    const upstream = await answering([502, 503, 200])
    const { port } = await startProxy([upstream.port], policies({}))
    const body = 'x'.repeat(size)
    expect((await send(port, '/', { method: 'PUT', headers: { 'Transfer-Encoding': 'chunked' }, body })).status).toBe(200)
    expect(upstream.bodies.map(({ length }) => length)).toEqual([size, size, size])
  })

  it.each([65_537, 300_000])('of %i bytes stream, once', async (size) => {
    watchedLeases()
    const upstream = await answering([503, 200])
    const { port } = await startProxy([upstream.port], policies({}))
    const answer = await send(port, '/', { method: 'PUT', body: 'x'.repeat(size) })
    expect(answer).toMatchObject({ status: 503, text: 'answer 1' })
    expect(upstream.bodies.map(({ length }) => length)).toEqual([size])
  })
})

describe('the last answer', () => {
  it('is the client’s when retries are used up, as it is', async () => {
    const leases = watchedLeases()
    const upstream = await answering([503], { 'X-Reason': 'maintenance' })
    const { gateway, port } = await startProxy([upstream.port], policies({}))
    const answer = await send(port, '/')
    expect(answer).toMatchObject({ status: 503, text: 'answer 3' })
    expect(answer.headers['x-reason']).toBe('maintenance')
    await vi.waitFor(() => expect(leases.outcomes).toEqual(['failure', 'failure', 'failure']))
    expect(gateway.getMetrics().getSnapshot().aggregated).toMatchObject({ totalCalls: 1, failureCalls: 1 })
  })

  it('is the client’s when the user’s predicate does not want another, which is asked with the status', async () => {
    watchedLeases()
    const upstream = await answering([502, 503])
    const asked: unknown[] = []
    const retryPredicate = (error: Error) => asked.push('upstreamStatus' in error && error.upstreamStatus) < 2
    const { port } = await startProxy([upstream.port], policies({ maxAttempts: 9, retryPredicate }))
    expect(await send(port, '/')).toMatchObject({ status: 503, text: 'answer 2' })
    expect(asked).toEqual([502, 503])
  })

  it('is the client’s when it asks to wait longer than a retry may', async () => {
    watchedLeases()
    const upstream = await answering([503, 200], { 'Retry-After': '31' })
    const { port } = await startProxy([upstream.port], policies({}))
    expect(await send(port, '/')).toMatchObject({ status: 503, text: 'answer 1', headers: { 'retry-after': '31' } })
  })

  it('that is thrown away does not hold its connection for long', async () => {
    const leases = watchedLeases()
    const upstream = await startRawUpstream((socket, _head, count) =>
      socket.write(count === 0 ? 'HTTP/1.1 503 No\r\nContent-Length: 100\r\n\r\nsome' : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    )
    const { port } = await startProxy([upstream.port], policies({}))
    expect((await send(port, '/')).text).toBe('ok')
    expect(leases.outcomes).toEqual(['success'])
    await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true), { timeout: 2_000 })
    expect(leases.outcomes).toEqual(['success', 'failure'])
  })
})

describe('the next attempt', () => {
  it('waits as long as the service asks', async () => {
    watchedLeases()
    const upstream = await answering([503, 200], { 'Retry-After': '1' })
    const { port } = await startProxy([upstream.port], policies({}))
    const startedAt = performance.now()
    expect((await send(port, '/')).status).toBe(200)
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990)
  })

  it('goes to another instance', async () => {
    watchedLeases()
    const bad = await answering([503])
    const good = await answering([200])
    const { port } = await startProxy([bad.port, good.port], policies({}))
    expect((await send(port, '/')).status).toBe(200)
    expect([bad.bodies.length, good.bodies.length]).toEqual([1, 1])
  })

  it('is not made when the budget of the service is empty', async () => {
    watchedLeases()
    const upstream = await answering([503])
    const { port } = await startProxy([upstream.port], policies({ maxAttempts: 1_000, baseDelay: 0 }))
    expect(await send(port, '/')).toMatchObject({ status: 503, text: expect.stringMatching(/^answer 10[1-9]$/) as string })
    expect(await send(port, '/')).toMatchObject({ status: 503, text: expect.stringMatching(/^answer 1[01]\d$/) as string })
  })
})
