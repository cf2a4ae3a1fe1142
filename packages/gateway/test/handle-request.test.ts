import { describe, expect, it } from 'vitest'
import type { GatewayRequest } from '../src/index.js'
import { startProxy, startUpstream } from './harness.js'
import { startRawUpstream } from './raw-http.js'

/** What a service sees of a request: a body as text. */
async function seen(request: GatewayRequest) {
  const upstream = await startUpstream((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { method, url, headers } = incoming
      response
        .setHeader('Content-Type', 'application/json')
        .end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString('latin1') }))
    })
  })
  const { gateway } = await startProxy([upstream.port])
  const { body } = await gateway.handleRequest(request)
  return body as { method: string; url: string; headers: Record<string, string>; body: string }
}

async function answered(head: string, body: string) {
  const upstream = await startRawUpstream((socket) => socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n${head}\r\n${body}`, 'latin1'))
  const { gateway } = await startProxy([upstream.port])
  return gateway.handleRequest({ method: 'GET', path: '/' })
}

describe('a request without a socket', () => {
  it.each([
    { what: 'text', body: 'plain', expected: 'plain', length: '5', type: undefined },
    { what: 'bytes', body: new Uint8Array([0, 255]), expected: '\x00\xff', length: '2', type: undefined },
    { what: 'a Buffer', body: Buffer.from('bytes'), expected: 'bytes', length: '5', type: undefined },
    { what: 'an object', body: { name: 'Ada' }, expected: '{"name":"Ada"}', length: '14', type: 'application/json' },
    { what: 'a number', body: 7, expected: '7', length: '1', type: 'application/json' },
    { what: 'nothing', body: undefined, expected: '', length: '0', type: undefined },
  ])('sends $what', async ({ body, expected, length, type }) => {
    const request = await seen({ method: 'post', path: '/x', body })
    expect(request).toMatchObject({ method: 'POST', body: expected })
    expect(request.headers['content-length']).toBe(length)
    expect(request.headers['content-type']).toBe(type)
  })

  it('sends its query, whichever way it is given', async () => {
    expect((await seen({ method: 'GET', path: '/x?a=1' })).url).toBe('/x?a=1')
    expect((await seen({ method: 'GET', path: '/x', query: { a: 'ü &', b: ['1', '2'] } })).url).toBe('/x?a=%C3%BC+%26&b=1&b=2')
    expect((await seen({ method: 'GET', path: '/x?a=1', query: { b: '2' } })).url).toBe('/x?a=1&b=2')
    expect((await seen({ method: 'GET', path: '/x', query: {} })).url).toBe('/x')
  })

  it('sends its header fields, but for those that frame a message', async () => {
    const { headers } = await seen({
      method: 'POST',
      path: '/x',
      headers: {
        'X-Many': ['1', '2'],
        'X-None': undefined,
        'Content-Length': '99',
        'Transfer-Encoding': 'chunked',
        'Content-Type': 'application/x+json',
      },
      body: { a: 1 },
    })
    expect(headers).toMatchObject({ 'x-many': '1, 2', 'content-length': '7', 'content-type': 'application/x+json' })
    expect(headers['transfer-encoding']).toBeUndefined()
    expect(headers['x-none']).toBeUndefined()
  })

  it('may say whom it came from', async () => {
    expect((await seen({ method: 'GET', path: '/', clientIp: '9.9.9.9' })).headers['x-forwarded-for']).toBe('9.9.9.9')
    expect((await seen({ method: 'GET', path: '/' })).headers['x-forwarded-for']).toBeUndefined()
  })

  it.each([
    { what: 'no path', request: { method: 'GET', path: 'users' }, code: 'INVALID_REQUEST' },
    { what: 'a line break in a field', request: { method: 'GET', path: '/', headers: { 'X-A': 'a\r\nX-B: b' } }, code: 'INVALID_REQUEST' },
    { what: 'a name that is none', request: { method: 'GET', path: '/', headers: { 'X A': 'a' } }, code: 'INVALID_REQUEST' },
    { what: 'a name from beyond ASCII', request: { method: 'GET', path: '/', headers: { 'X-\u212a': 'a' } }, code: 'INVALID_REQUEST' },
    { what: 'a value beyond bytes', request: { method: 'GET', path: '/', headers: { 'X-A': '\u010d' } }, code: 'INVALID_REQUEST' },
    { what: 'a method that is none', request: { method: 'G T', path: '/' }, code: 'INVALID_REQUEST' },
    { what: 'no method', request: { method: '', path: '/' }, code: 'INVALID_REQUEST' },
    { what: 'a request in its method', request: { method: 'GET / HTTP/1.1\r\nX: y', path: '/' }, code: 'INVALID_REQUEST' },
    { what: 'a request in its path', request: { method: 'GET', path: '/ HTTP/1.1\r\nX: y' }, code: 'INVALID_REQUEST' },
  ])('with $what is refused, and that is not the service’s failure', async ({ request, code }) => {
    const upstream = await startUpstream((_request, response) => response.end())
    const { gateway } = await startProxy([upstream.port], { circuitBreaker: { failureThreshold: 1 } })
    expect(await gateway.handleRequest(request)).toMatchObject({ status: 400, body: { code, detail: expect.any(String) as string } })
    expect((await gateway.explain(request)).refusal).toMatchObject({ status: 400, code })
    expect((await gateway.handleRequest({ method: 'GET', path: '/' })).status).toBe(200)
  })

  it.each<{ request: unknown; path: string }>([
    { request: undefined, path: '' },
    { request: { path: '/' }, path: 'method' },
    { request: { method: 'GET' }, path: 'path' },
    { request: { method: 'GET', path: 5 }, path: 'path' },
    { request: { method: 'GET', path: '/', headers: null }, path: 'headers' },
    { request: { method: 'GET', path: '/', headers: { 'X-A': 5 } }, path: 'headers.X-A' },
    { request: { method: 'GET', path: '/', headers: { 'X-A': ['a', null] } }, path: 'headers.X-A' },
    { request: { method: 'GET', path: '/', query: 'a=b' }, path: 'query' },
    { request: { method: 'GET', path: '/', clientIp: 5 }, path: 'clientIp' },
    { request: { method: 'GET', path: '/', clientIp: '1.2.3.4\r\nX-Admin: 1' }, path: 'clientIp' },
  ])('of the wrong types is told so: $request', async ({ request, path }) => {
    const { gateway } = await startProxy([])
    const nothing = request as GatewayRequest
    await expect(gateway.handleRequest(nothing)).rejects.toMatchObject({ code: 'CONFIG_INVALID', problems: [{ path }] })
    await expect(gateway.explain(nothing)).rejects.toMatchObject({ problems: [{ path }] })
  })
})

describe('an answer without a socket', () => {
  it.each([
    { type: 'application/json', text: '{"a":1}', body: { a: 1 } },
    { type: 'application/problem+json; charset=utf-8', text: '[1]', body: [1] },
    { type: 'application/json', text: 'null', body: null },
    { type: 'application/json', text: 'false', body: false },
    { type: 'application/json', text: '{oops', body: Buffer.from('{oops') },
    { type: 'application/json', text: '', body: Buffer.alloc(0) },
    { type: 'text/plain', text: '{"a":1}', body: Buffer.from('{"a":1}') },
    { type: 'application/json\r\nContent-Encoding: gzip', text: '{"a":1}', body: Buffer.from('{"a":1}') },
  ])('of $type with $text', async ({ type, text, body }) => {
    expect((await answered(`Content-Type: ${type}\r\n`, text)).body).toEqual(body)
  })

  it('keeps repeated fields apart, whatever their names', async () => {
    const { headers } = await answered('Set-Cookie: a=1\r\nX-One: 1\r\nset-cookie: b=2\r\nconstructor: x\r\n', '')
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2'])
    expect(headers['x-one']).toBe('1')
    expect(headers.constructor).toBe('x')
  })

  it('is refused beyond 64 MiB, and the service is called off', async () => {
    const block = Buffer.alloc(1_048_576)
    const upstream = await startUpstream((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(block));
      }
      response.on('drain', more)
      more()
    })
    const { gateway } = await startProxy([upstream.port])
    await expect(gateway.handleRequest({ method: 'GET', path: '/' })).rejects.toThrow(/larger than/)
    const [request] = upstream.requests
    if (request?.socket.destroyed === false) await new Promise((resolve) => request.socket.once('close', resolve))
  })
})
