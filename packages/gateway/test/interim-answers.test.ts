import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createGatewayHandler } from '../src/index.js'
import { afterTest, send, startProxy, startUpstream } from './harness.js'
import { closedPort, fieldLines, fieldValues, rawClient, startRawUpstream } from './raw-http.js'

const expecting = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n'

describe('Expect: 100-continue', () => {
  it('is answered when an instance takes the body, which then follows', async () => {
    const upstream = await startUpstream((request, response) => request.pipe(response))
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    client.write(expecting)
    expect(await client.until('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    expect(upstream.requests[0]?.headers.expect).toBeUndefined()
    client.write('late')
    expect(await client.until(/200 OK[^]*late/)).not.toMatch(/100 Continue[^]*100 Continue/)
  })

  it('is answered before a body that is kept for retries', async () => {
    const upstream = await startUpstream((request, response) => request.pipe(response))
    const { port } = await startProxy([upstream.port], { trafficPolicy: { retry: { maxAttempts: 1 } } })
    const client = await rawClient(port)
    client.write(expecting.replace('POST', 'PUT'))
    await client.until('100 Continue')
    client.write('late')
    await client.until(/200 OK[^]*late/)
  })

  it.each([
    { what: 'a limit', route: { rateLimit: { strategy: 'sliding-window', max: 1, window: '1m' } } as const, status: 429 },
    { what: 'a path without a route', route: { path: '/else' }, status: 404 },
  ])('is not answered where $what refuses the request: the body stays away', async ({ route, status }) => {
    const upstream = await startUpstream((_request, response) => response.end())
    const { port } = await startProxy([upstream.port], route)
    if (status === 429) await send(port, '/')
    const served = upstream.requests.length
    const client = await rawClient(port)
    client.write(expecting)
    expect(await client.closed).toBe('end')
    expect(client.received).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(client.received).not.toContain('100 Continue')
    expect(upstream.requests).toHaveLength(served)
  })

  it('is not answered where no instance can be reached', async () => {
    const { port } = await startProxy([await closedPort()])
    const client = await rawClient(port)
    client.write(expecting)
    await client.closed
    expect(client.received).toMatch(/^HTTP\/1.1 502 /)
    expect(client.received).not.toContain('100 Continue')
  })

  it('of another kind is refused', async () => {
    const upstream = await startUpstream((_request, response) => response.end())
    const { port } = await startProxy([upstream.port])
    expect((await send(port, '/', { headers: { Expect: '200-ok' } })).status).toBe(417)
    expect(upstream.requests).toHaveLength(0)
  })
})

describe('103 Early Hints', () => {
  const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.js>; rel=preload\r\nX-Other: 1\r\n\r\n'
  const withHints = (interim: string) =>
    startRawUpstream((socket) => socket.write(`${interim}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`))

  it('is passed on before the answer', async () => {
    const upstream = await withHints(hints)
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const [first = '', second = ''] = (await client.until('ok')).split('\r\n\r\n')
    expect(first).toBe('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload, </b.js>; rel=preload')
    expect(second).toMatch(/^HTTP\/1.1 200 OK\r\n/)
    expect(fieldValues(fieldLines(second), 'link')).toEqual([])
  })

  it('may come more than once', async () => {
    const upstream = await withHints(hints + hints)
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    expect((await client.until('ok')).match(/103 Early Hints/g)).toHaveLength(2)
  })

  it('is passed on behind a middleware', async () => {
    const upstream = await withHints(hints)
    const { gateway } = await startProxy([upstream.port])
    const handle = createGatewayHandler(gateway)
    const server = createServer((request, response) => {
      response.setHeader('X-Layer', '1')
      handle(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    afterTest(() => server.close().closeAllConnections())
    const client = await rawClient((server.address() as AddressInfo).port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(await client.until('ok')).toMatch(/^HTTP\/1.1 103 Early Hints\r\nLink: [^]*200 OK[^]*X-Layer: 1/)
  })

  it.each([
    { what: 'a client of HTTP/1.0 gets none', request: 'GET / HTTP/1.0\r\n\r\n', interim: hints },
    { what: 'one without links says nothing', request: undefined, interim: 'HTTP/1.1 103 Early Hints\r\nX-Other: 1\r\n\r\n' },
    { what: 'one with something else for links says nothing', request: undefined, interim: 'HTTP/1.1 103 X\r\nLink: none\r\n\r\n' },
    { what: '102 is about the connection it came on', request: undefined, interim: 'HTTP/1.1 102 Processing\r\n\r\n' },
    { what: 'an unknown 1xx too', request: undefined, interim: 'HTTP/1.1 150 What\r\nLink: </a>; rel=x\r\n\r\n' },
  ])('$what', async ({ request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', interim }) => {
    const upstream = await withHints(interim)
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    client.write(request)
    expect(await client.until('ok')).toMatch(/^HTTP\/1.1 200 OK\r\n/)
  })

  it('has no place in an answer without a socket', async () => {
    const upstream = await withHints(hints)
    const { gateway } = await startProxy([upstream.port])
    expect((await gateway.handleRequest({ method: 'GET', path: '/' })).body).toEqual(Buffer.from('ok'))
  })
})
