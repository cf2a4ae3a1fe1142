import { describe, expect, it } from 'vitest'
import type { GatewayRouteDefinition, RouteFailureEvent } from '../src/index.js'
import { MemoryRegistryBackend, recordingLogger, register, send, startGateway, startProxy, startUpstream } from './harness.js'
import { fieldLines, fieldValues, rawClient } from './raw-http.js'

const ok = () => startUpstream((_request, response) => response.end('ok'))

/** The status and the body of what a raw request gets; the service must not see it. */
async function refused(request: string, route: Partial<GatewayRouteDefinition> = {}) {
  const upstream = await ok()
  const { gateway, port } = await startProxy([upstream.port], route)
  const errors: string[] = []
  gateway.on('route:error', ({ error }) => errors.push(error.message))
  const client = await rawClient(port)
  client.write(Buffer.from(request, 'latin1'))
  const answer = await client.until(/\r\n\r\n\{[^]*\}$/)
  expect(upstream.requests).toHaveLength(0)
  expect(errors).toEqual([])
  expect((await send(port, '/api')).text).toBe('ok')
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), lines: fieldLines(answer), problem: JSON.parse(body) as unknown }
}

describe('requests that match no route', () => {
  it('404', async () => {
    const { status, lines, problem } = await refused('GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n', { path: '/api' })
    expect(status).toBe(404)
    expect(fieldValues(lines, 'content-type')).toEqual(['application/problem+json'])
    expect(problem).toEqual({ type: 'about:blank', title: 'No route matches this request', status: 404, code: 'ROUTE_NOT_FOUND' })
  })

  it('405 with what is allowed', async () => {
    const { status, lines } = await refused('DELETE /api HTTP/1.1\r\nHost: a\r\n\r\n', { path: '/api', methods: ['GET', 'post'] })
    expect(status).toBe(405)
    expect(fieldValues(lines, 'allow')).toEqual(['GET, HEAD, POST'])
  })
})

describe('requests that are malformed', () => {
  it.each([
    { what: 'an encoded slash', request: 'GET /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n', status: 400 },
    { what: 'NUL', request: 'GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n', status: 400 },
    { what: 'a broken escape', request: 'GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n', status: 400 },
    { what: 'a backslash', request: 'GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n', status: 400 },
    { what: 'hidden dots', request: 'GET /a/%2e%2e/b HTTP/1.1\r\nHost: a\r\n\r\n', status: 400 },
    { what: 'no host', request: 'GET / HTTP/1.1\r\n\r\n', status: 400 },
    { what: 'two hosts', request: 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', status: 400 },
    { what: 'a user in the host', request: 'GET / HTTP/1.1\r\nHost: user@a\r\n\r\n', status: 400 },
    { what: 'a path in the host', request: 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', status: 400 },
    { what: 'another scheme', request: 'GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n', status: 400 },
    { what: 'a star without OPTIONS', request: 'GET * HTTP/1.1\r\nHost: a\r\n\r\n', status: 400 },
    { what: 'TRACE', request: 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n', status: 501 },
  ])('$what: $status', async ({ request, status }) => {
    expect((await refused(request)).status).toBe(status)
  })

  it.each(['NONSENSE\r\n\r\n', 'GET /caf\xe9 HTTP/1.1\r\nHost: a\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n'])(
    '%j gets 400 from the parser',
    async (request) => {
      const upstream = await ok()
      const { port } = await startProxy([upstream.port])
      const client = await rawClient(port)
      client.write(request)
      expect(await client.until('\r\n\r\n')).toContain('400 Bad Request')
      await client.closed
      expect(upstream.requests).toHaveLength(0)
    },
  )

  it('OPTIONS * concerns the server and reaches no service', async () => {
    const upstream = await ok()
    const { port } = await startProxy([upstream.port], { serviceConfig: { addPrefix: '/x' } })
    const client = await rawClient(port)
    client.write('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(await client.until('\r\n\r\n')).toMatch(/^HTTP\/1.1 (?:400|404) /)
    expect(upstream.requests).toHaveLength(0)
  })
})

describe('a request that goes round in a circle', () => {
  it('508', async () => {
    const backend = new MemoryRegistryBackend()
    const { gateway, port } = await startGateway({ routes: [{ path: '/**', serviceName: 'self' }] }, backend)
    await register(backend, 'self', port)
    const events: RouteFailureEvent[] = []
    gateway.on('route:error', (event) => events.push(event))
    const answer = await send(port, '/')
    expect(answer.status).toBe(508)
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'LOOP_DETECTED' })
    expect(events).toMatchObject([{ status: 508 }])
  })
})

describe('an error inside the gateway', () => {
  it.each([
    {
      what: 'throws',
      key: () => {
        throw new Error('secret detail')
      },
    },
    {
      what: 'throws what is no error',
      key: () => {
        throw 'secret detail' as unknown
      },
    },
  ])('a rate limit key that $what: 500, logged, and the gateway lives', async ({ key }) => {
    const upstream = await ok()
    const { logger, lines } = recordingLogger()
    const backend = new MemoryRegistryBackend()
    await register(backend, 'service', upstream.port)
    const rateLimit = { strategy: 'token-bucket', max: 1, window: '1h', key } as const
    const { port } = await startGateway(
      {
        routes: [
          { path: '/bad', serviceName: 'service', rateLimit },
          { path: '/good', serviceName: 'service' },
        ],
      },
      backend,
      { logger },
    )
    const answer = await send(port, '/bad')
    expect(answer.status).toBe(500)
    expect(answer.headers['content-type']).toBe('application/problem+json')
    expect(answer.text).not.toContain('secret')
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1)
    expect(JSON.stringify(lines)).toContain('secret detail')
    expect((await send(port, '/good')).text).toBe('ok')
  })
})

describe('an answer that is given while the body still arrives', () => {
  it.each([
    { what: 'by the gateway', path: '/nothing', status: 404 },
    { what: 'by the service', path: '/api', status: 413 },
  ])('$what, it ends the connection', async ({ path, status }) => {
    const upstream = await startUpstream((_request, response) => response.writeHead(413).end())
    const { port } = await startProxy([upstream.port], { path: '/api' })
    const client = await rawClient(port)
    client.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nsome`)
    const answer = await client.until('\r\n\r\n')
    expect(answer).toContain(`HTTP/1.1 ${status} `)
    expect(fieldValues(fieldLines(answer), 'connection')).toEqual(['close'])
    await client.closed
  })

  it('but not when all of it has arrived', async () => {
    const upstream = await startUpstream((request, response) => request.resume().on('end', () => response.end('ok')))
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody')
    expect(fieldValues(fieldLines(await client.until('ok')), 'connection')).toEqual(['keep-alive'])
  })
})
