import { describe, expect, it, vi } from 'vitest'
import { createGatewayHandler, type TransformConfig } from '../src/index.js'
import { MemoryRegistryBackend, register, send, startGateway, startProxy, startUpstream } from './harness.js'
import { rawClient, startRawUpstream } from './raw-http.js'

const upper = (bytes: Buffer) => bytes.toString().toUpperCase()
const both: TransformConfig = { request: { body: upper }, response: { body: upper } }

const proxy = (port: number, transform = both) => startProxy([port], { trafficPolicy: { transform, timeout: '10s' } })

describe('functions of answers do not get', () => {
  it.each([
    ['event streams', 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nETag: "a"\r\n\r\n', 'data: one\n\n'],
    ['parts', 'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-3/9\r\nETag: "a"\r\nContent-Length: 4\r\n\r\n', 'part'],
  ])('%s, which pass as they come', async (_what, head, body) => {
    const upstream = await startRawUpstream((socket) => socket.write(head + body))
    const client = await rawClient((await proxy(upstream.port)).port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const received = await client.until(body)
    expect(received).toContain('ETag: "a"')
  })

  it('a 204', async () => {
    const upstream = await startUpstream((_request, response) => response.writeHead(204, { ETag: '"a"' }).end())
    expect(await send((await proxy(upstream.port)).port, '/')).toMatchObject({ status: 204, text: '', headers: { etag: '"a"' } })
  })

  it('a tunnel, but do get a service that answers a handshake as any other request', async () => {
    const upstream = await startRawUpstream((socket, head) => {
      if (head.startsWith('GET /plain')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret')
      else socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nbytes')
    })
    const { port } = await proxy(upstream.port)
    for (const [path, wanted] of [
      ['/', 'bytes'],
      ['/plain', 'SECRET'],
    ] as const) {
      const client = await rawClient(port)
      client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
      await client.until(wanted)
    }
  })
})

it('links of a 103 go ahead of an answer that is held', async () => {
  const upstream = await startRawUpstream((socket) =>
    socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  )
  const client = await rawClient((await proxy(upstream.port)).port)
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  expect(await client.until(/OK$/)).toMatch(/^HTTP\/1.1 103 Early Hints\r\nLink: <\/a.css>/)
})

it('an answer that is left alone streams, with trailers, and breaks off where the service does', async () => {
  const upstream = await startRawUpstream((socket, head) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3\r\nabc\r\n')
    if (head.startsWith('GET /broken')) setImmediate(() => socket.destroy())
    else if (head.startsWith('GET /whole')) socket.write('0\r\nX-T: 1\r\n\r\n')
  })
  const { port } = await proxy(upstream.port, { response: { body: upper, when: () => false } })
  const client = await rawClient(port)
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\n\r\n`
  client.write(get('/whole'))
  expect(await client.until('X-T: 1')).toContain('abc')
  client.write(get('/broken'))
  expect(await client.closed).toBe('cut')
  const waiting = await rawClient(port)
  waiting.write(get('/open'))
  await waiting.until('abc')
})

it('an answer that is left alone may be of any size, and waits for a client that is slow to take it', async () => {
  const size = 16 * 1_048_576
  const upstream = await startUpstream((_request, response) => response.end(Buffer.alloc(size)))
  const { port } = await proxy(upstream.port, { response: { body: upper, when: () => false } })
  const client = await rawClient(port)
  client.socket.pause()
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await vi.waitFor(() => expect(upstream.requests).toHaveLength(1))
  client.socket.resume()
  expect(await client.closed).toBe('end')
  expect(client.received.length).toBeGreaterThan(size)
})

it('edits of fields alone keep nothing back', async () => {
  const upstream = await startRawUpstream((socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'))
  const client = await rawClient((await proxy(upstream.port, { response: { set: { 'X-Set': '1' } } })).port)
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  expect(await client.until('abc')).toContain('X-Set: 1')
})

it('fields that a middleware has put on the answer stay', async () => {
  const upstream = await startUpstream((_request, response) => response.writeHead(200, { 'Set-Cookie': ['b=2', 'c=3'] }).end('x'))
  const { gateway } = await proxy(upstream.port)
  const handle = createGatewayHandler(gateway)
  const { port } = await startUpstream((request, response) => {
    response.setHeader('X-Before', '1')
    handle(request, response)
  })
  expect(await send(port, '/')).toMatchObject({
    text: 'X',
    headers: { 'x-before': '1', 'set-cookie': ['b=2', 'c=3'], 'content-length': '1' },
  })
})

it('handleRequest() gets what a client would get', async () => {
  const upstream = await startUpstream((request, response) => {
    response.setHeader('Content-Type', 'application/json')
    request.pipe(response)
  })
  const add = (name: string) => (bytes: Buffer) => JSON.stringify({ ...(JSON.parse(String(bytes)) as object), [name]: true })
  const { gateway } = await proxy(upstream.port, { request: { body: add('asked') }, response: { body: add('answered') } })
  const answer = await gateway.handleRequest({ method: 'POST', path: '/', body: { id: 7 } })
  expect(answer).toMatchObject({ status: 200, body: { id: 7, asked: true, answered: true } })
})

it('a mirror gets what the service gets but for the body, and its answers are nobody’s', async () => {
  const [service, shadow] = [await startUpstream((_q, s) => s.end('real')), await startUpstream((_q, s) => s.end('shadow'))]
  const backend = new MemoryRegistryBackend()
  await register(backend, 'service', service.port)
  await register(backend, 'shadow', shadow.port)
  const body = vi.fn(upper)
  const trafficPolicy = { mirror: { service: 'shadow', waitForResponse: true }, transform: { response: { body, set: { 'X-Set': '1' } } } }
  const { gateway, port } = await startGateway({ routes: [{ path: '/**', serviceName: 'service', trafficPolicy }] }, backend)
  await vi.waitFor(() => expect(gateway.getDiscoveryClient().picker('shadow').ready).toBe(true))
  expect(await send(port, '/')).toMatchObject({ text: 'REAL', headers: { 'x-set': '1' } })
  expect(body).toHaveBeenCalledTimes(1)
  expect(shadow.requests[0]?.headers).toMatchObject({ 'accept-encoding': 'identity', 'x-shadow': '1' })
})

it('explain() says which bodies are changed, and what is asked of the service for it', async () => {
  const { gateway } = await proxy(1, { request: { body: upper, maxBytes: 5 }, response: { body: upper } })
  const told = await gateway.explain({ method: 'GET', path: '/', headers: { 'Accept-Encoding': 'gzip', Range: 'bytes=0-1' } })
  expect(told.policies?.transform).toEqual({ requestBytes: 5, responseBytes: 1_048_576 })
  expect(told.upstream?.added).toContainEqual(['accept-encoding', 'identity'])
  expect(told.upstream?.removed.map(([name]) => name)).toEqual(['Accept-Encoding', 'Range'])
  expect(told.toString()).toContain('transform: bodies of requests up to 5 bytes, of answers up to 1048576 bytes')
  gateway.replaceRoutes([{ path: '/**', serviceName: 'service', trafficPolicy: { transform: { request: { set: { A: 'b' } } } } }])
  expect((await gateway.explain({ method: 'GET', path: '/' })).policies?.transform).toBeUndefined()
})
