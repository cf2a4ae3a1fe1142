import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { MessageTransform, ResponseView, TrafficPolicyConfig } from '../src/index.js'
import { sendBytes } from './bytes.js'
import { type Answer, send, startProxy, startUpstream } from './harness.js'
import { fieldLines, fieldValues, rawClient, startRawUpstream } from './raw-http.js'

type AnswerTransform = MessageTransform<ResponseView>

const shout: AnswerTransform = { body: (bytes) => bytes.toString().toUpperCase() }

const proxy = (port: number, response: AnswerTransform, more: TrafficPolicyConfig = {}) =>
  startProxy([port], { trafficPolicy: { transform: { response }, ...more } })

/** What a service gives for `GET /`, as the client gets it. */
async function changed(headers: Record<string, string | string[]>, body: string | Buffer, response = shout, path = '/'): Promise<Answer> {
  const upstream = await startUpstream((_request, answer) => answer.writeHead(200, headers).end(body))
  return send((await proxy(upstream.port, response)).port, path)
}

describe('a function of the answer', () => {
  it('gives the body that the client gets, with a length of its own', async () => {
    const answer = await changed({ 'Content-Type': 'text/plain', 'Content-Length': '5' }, 'hello', {
      body: (bytes) => `${String(bytes)}, world`,
    })
    expect(answer).toMatchObject({ status: 200, text: 'hello, world', headers: { 'content-type': 'text/plain', 'content-length': '12' } })
    expect(answer.headers).not.toHaveProperty('transfer-encoding')
  })

  it.each([
    ['text', () => 'ä€'],
    ['bytes', () => new TextEncoder().encode('ä€')],
    ['a part of a larger array', () => new TextEncoder().encode('..ä€..').subarray(2, 7)],
    ['a promise', () => Promise.resolve('ä€')],
  ])('may give %s', async (_what, body) => {
    expect((await changed({}, 'x', { body })).text).toBe('ä€')
  })

  it('may give nothing at all', async () => {
    const answer = await changed({}, 'x', { body: () => '' })
    expect(answer).toMatchObject({ text: '', headers: { 'content-length': '0' } })
  })

  it('sees status, fields and the request', async () => {
    let seen: ResponseView | undefined
    const upstream = await startUpstream((_request, answer) => answer.writeHead(404, { 'X-A': ['1', '2'] }).end('x'))
    const { port } = await proxy(upstream.port, { set: { 'X-Set': 'yes' }, body: (bytes, view) => ((seen = view), bytes) })
    expect((await send(port, '/a%41?b', { headers: { 'X-B': '3' } })).status).toBe(404)
    expect(seen).toMatchObject({
      status: 404,
      headers: { 'x-a': '1, 2', 'x-set': 'yes' },
      request: { method: 'GET', path: '/aA', query: 'b', headers: { 'x-b': '3' }, clientIp: '127.0.0.1' },
    })
  })

  it.each([201, 400, 404, 500, 503])('gets answers with status %i', async (status) => {
    const upstream = await startUpstream((_request, answer) => answer.writeHead(status).end('body'))
    expect(await send((await proxy(upstream.port, shout)).port, '/')).toMatchObject({ status, text: 'BODY' })
  })

  it('is not asked about bodies of no byte', async () => {
    const answer = await changed({ 'Content-Length': '0', ETag: '"a"' }, '')
    expect(answer).toMatchObject({ status: 200, text: '', headers: { etag: '"a"', 'content-length': '0' } })
  })
})

describe('what is about the bytes that went', () => {
  it('is dropped, or made weak', async () => {
    const { headers } = await changed(
      {
        ETag: '"a"',
        'Content-MD5': 'x',
        Digest: 'x',
        'Content-Digest': 'sha-256=:x:',
        'Repr-Digest': 'sha-256=:x:',
        'Accept-Ranges': 'bytes',
        'Last-Modified': 'Sat, 21 Nov 2026 00:00:00 GMT',
        'Set-Cookie': ['a=1', 'b=2'],
      },
      'hello',
    )
    expect(headers).toMatchObject({ etag: 'W/"a"', 'last-modified': 'Sat, 21 Nov 2026 00:00:00 GMT', 'set-cookie': ['a=1', 'b=2'] })
    for (const gone of ['content-md5', 'digest', 'content-digest', 'repr-digest', 'accept-ranges']) expect(headers).not.toHaveProperty(gone)
  })

  it('stays where `when` leaves the body alone', async () => {
    const headers = { ETag: '"a"', 'Content-Digest': 'sha-256=:x:', 'Content-Type': 'image/png', 'Content-Length': '5' }
    const answer = await changed(headers, 'hello', { ...shout, when: (view) => view.headers['content-type'] === 'application/json' })
    expect(answer).toMatchObject({ text: 'hello', headers: { etag: '"a"', 'content-digest': 'sha-256=:x:', 'content-length': '5' } })
  })

  it('of an answer to HEAD and of a 304 is what GET would get', async () => {
    const upstream = await startRawUpstream((socket, head) => {
      const status = head.includes('If-None-Match') ? '304 Not Modified' : '200 OK'
      socket.write(`HTTP/1.1 ${status}\r\nETag: "a"\r\nContent-Length: 5\r\nAccept-Ranges: bytes\r\n\r\n`)
    })
    const { port } = await proxy(upstream.port, shout)
    for (const request of [{ method: 'HEAD' }, { headers: { 'If-None-Match': 'W/"a"' } }]) {
      const { headers, text } = await send(port, '/', request)
      expect(text).toBe('')
      expect(headers.etag).toBe('W/"a"')
      for (const gone of ['content-length', 'accept-ranges']) expect(headers).not.toHaveProperty(gone)
    }
  })
})

describe('compressed answers', () => {
  it('are not asked for, nor are parts', async () => {
    const upstream = await startUpstream((_request, answer) => answer.end('x'))
    const { port } = await proxy(upstream.port, shout)
    await send(port, '/', { headers: { 'Accept-Encoding': 'gzip, zstd', Range: 'bytes=0-1', 'If-Range': '"a"' } })
    expect(upstream.requests[0]?.headers).toMatchObject({ 'accept-encoding': 'identity' })
    for (const gone of ['range', 'if-range']) expect(upstream.requests[0]?.headers).not.toHaveProperty(gone)
  })

  it.each([
    ['gzip', gzipSync],
    ['X-GZip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', Buffer.from],
    ['identity, gzip', gzipSync],
  ])('that come all the same as %s reach the function decoded, and the client plain', async (coding, compress) => {
    const answer = await changed({ 'Content-Encoding': coding }, compress('hello'))
    expect(answer.text).toBe('HELLO')
    expect(answer.headers).not.toHaveProperty('content-encoding')
  })

  it.each([
    ['zstd', Buffer.from('x')],
    ['gzip, br', brotliCompressSync(gzipSync('x'))],
    ['gzip', Buffer.from('no gzip')],
    ['gzip', gzipSync('hello').subarray(0, 20)],
  ])('that nobody can read (%s) are answered with 502', async (coding, body) => {
    const answer = await changed({ 'Content-Encoding': coding }, body)
    expect([answer.status, (JSON.parse(answer.text) as { code: string }).code]).toEqual([502, 'UPSTREAM_INVALID'])
  })

  it('keep their coding where the function does not get them', async () => {
    const body = gzipSync('hello')
    const upstream = await startUpstream((_request, answer) => answer.writeHead(200, { 'Content-Encoding': 'gzip' }).end(body))
    const { port } = await proxy(upstream.port, { ...shout, when: () => false })
    expect(await sendBytes(port, '/')).toMatchObject({ headers: { 'content-encoding': 'gzip' }, body })
  })
})

describe('on the wire', () => {
  it('an answer in chunks with trailers becomes one with a length and without them', async () => {
    const upstream = await startRawUpstream((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n'),
    )
    const client = await rawClient((await proxy(upstream.port, shout)).port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\n\r\n')
    const received = await client.until('ABCDE')
    expect(fieldValues(fieldLines(received), 'content-length')).toEqual(['5'])
    expect(fieldValues(fieldLines(received), 'transfer-encoding')).toEqual([])
    client.write('GET /again HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.until(/ABCDE[\s\S]+ABCDE$/)
  })
})
