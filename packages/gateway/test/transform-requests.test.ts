import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import type { MessageTransform, RequestView, TrafficPolicyConfig } from '../src/index.js'
import { type Answer, send, startProxy, startUpstream, type Upstream } from './harness.js'
import { fieldLines, fieldValues, rawClient, startRawUpstream } from './raw-http.js'

type RequestTransform = MessageTransform<RequestView>

const shout: RequestTransform = { body: (bytes) => bytes.toString().toUpperCase() }

const proxy = (port: number, request: RequestTransform, more: TrafficPolicyConfig = {}) =>
  startProxy([port], { trafficPolicy: { transform: { request }, ...more } })

/** Answers with the body that it got. */
const echo = () =>
  startUpstream((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => response.end(Buffer.concat(chunks)))
  })

const codeOf = ({ status, text }: Answer) => [status, (JSON.parse(text) as { code: string }).code]
const headersAt = ({ requests }: Upstream) => requests[0]?.headers ?? {}

describe('a function of the request', () => {
  it('gives the body that the service gets, framed anew', async () => {
    const upstream = await startRawUpstream((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))
    const { port } = await proxy(upstream.port, { body: (bytes) => `<${String(bytes)}>` })
    const client = await rawClient(port)
    client.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n2\r\nab\r\n3;x=y\r\ncde\r\n0\r\nX-T: 1\r\n\r\n')
    await client.until('200 OK')
    const received = upstream.received[0] as string
    expect(received.split('\r\n\r\n')[1]).toBe('<abcde>')
    expect(fieldValues(fieldLines(received), 'content-length')).toEqual(['7'])
    expect(fieldValues(fieldLines(received), 'transfer-encoding')).toEqual([])
    expect(fieldValues(fieldLines(received), 'x-a')).toEqual(['1'])
  })

  it('sees the request as it came', async () => {
    const upstream = await echo()
    let seen: RequestView | undefined
    const { port } = await proxy(upstream.port, { body: (bytes, request) => ((seen = request), bytes), remove: ['X-A'] })
    await send(port, '/x?y', { method: 'PUT', headers: { 'X-A': '1' }, body: 'b' })
    expect(seen).toMatchObject({ method: 'PUT', path: '/x', query: 'y', headers: { 'x-a': '1' } })
    expect(headersAt(upstream)).not.toHaveProperty('x-a')
  })

  it('may shorten the body to nothing', async () => {
    const upstream = await echo()
    expect((await send((await proxy(upstream.port, { body: () => '' })).port, '/', { method: 'POST', body: 'x' })).text).toBe('')
    expect(headersAt(upstream)['content-length']).toBe('0')
  })

  it.each([
    ['no body', {}],
    ['a body of no byte', { body: '', headers: { 'Content-Length': '0' } }],
    ['an empty body in chunks', { body: '', headers: { 'Transfer-Encoding': 'chunked' } }],
  ])('is not asked about %s', async (_what, request) => {
    const body = vi.fn(() => 'x')
    const answer = await send((await proxy((await echo()).port, { body })).port, '/', { method: 'POST', ...request })
    expect(answer).toMatchObject({ status: 200, text: '' })
    expect(body).not.toHaveBeenCalled()
  })

  it('drops what is about the bytes that came', async () => {
    const upstream = await echo()
    const digests = { 'Content-MD5': 'x', Digest: 'x', 'Content-Digest': 'sha-256=:x:', 'Repr-Digest': 'sha-256=:x:' }
    const { port } = await proxy(upstream.port, { ...shout, when: ({ path }) => path === '/changed' })
    await send(port, '/changed', { method: 'POST', headers: digests, body: 'x' })
    for (const name of Object.keys(digests)) expect(headersAt(upstream)).not.toHaveProperty(name.toLowerCase())
    await send(port, '/as-it-is', { method: 'POST', headers: digests, body: 'x' })
    expect(upstream.requests[1]?.headers).toMatchObject({ 'content-digest': 'sha-256=:x:', digest: 'x' })
  })

  it('leaves accept-encoding and range to the client', async () => {
    const upstream = await echo()
    const headers = { 'Accept-Encoding': 'gzip', Range: 'bytes=0-1' }
    await send((await proxy(upstream.port, shout)).port, '/', { method: 'POST', headers, body: 'x' })
    expect(headersAt(upstream)).toMatchObject({ 'accept-encoding': 'gzip', range: 'bytes=0-1' })
  })

  it('is called once, and every attempt sends what it gave, whatever its size', async () => {
    let attempts = 0
    const bodies: number[] = []
    const upstream = await startUpstream((request, response) => {
      let size = 0
      request
        .on('data', (chunk: Buffer) => (size += chunk.length))
        .on('end', () => {
          bodies.push(size)
          response.writeHead(++attempts < 3 ? 503 : 200).end()
        })
    })
    const body = vi.fn(() => Buffer.alloc(200_000))
    const retry = { maxAttempts: 2, baseDelay: 1 }
    const { port } = await proxy(upstream.port, { body }, { retry })
    expect((await send(port, '/', { method: 'PUT', body: 'x' })).status).toBe(200)
    expect(bodies).toEqual([200_000, 200_000, 200_000])
    expect(body).toHaveBeenCalledTimes(1)
  })
})

describe('compressed requests', () => {
  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('in %s reach the function decoded, and the service plain', async (coding, compress) => {
    const upstream = await echo()
    const { port } = await proxy(upstream.port, shout)
    const answer = await send(port, '/', { method: 'POST', headers: { 'Content-Encoding': coding }, body: compress('hello') })
    expect(answer.text).toBe('HELLO')
    expect(headersAt(upstream)).not.toHaveProperty('content-encoding')
  })

  it('in another coding are refused with those that would do, and nobody else sees them', async () => {
    const upstream = await echo()
    const { port } = await proxy(upstream.port, shout)
    for (const coding of ['zstd', 'gzip, gzip']) {
      const answer = await send(port, '/', { method: 'POST', headers: { 'Content-Encoding': coding }, body: 'x' })
      expect([...codeOf(answer), answer.headers['accept-encoding']]).toEqual([415, 'ENCODING_NOT_SUPPORTED', 'gzip, deflate, br'])
    }
    const broken = await send(port, '/', { method: 'POST', headers: { 'Content-Encoding': 'gzip' }, body: 'no gzip' })
    expect(codeOf(broken)).toEqual([400, 'INVALID_REQUEST'])
    expect(upstream.requests).toHaveLength(0)
  })
})

describe('a request that is too large', () => {
  const limited = { ...shout, maxBytes: 10 }
  const post = (port: number, body: string | Buffer, headers: Record<string, string> = {}) =>
    send(port, '/', { method: 'POST', headers, body })

  it.each([
    ['by its length', 'x'.repeat(11), {}],
    ['while it comes', 'x'.repeat(11), { 'Transfer-Encoding': 'chunked' }],
    ['once it is decoded', gzipSync('x'.repeat(1_000_000)).subarray(0), { 'Content-Encoding': 'gzip' }],
  ])('%s is refused', async (_how, body, headers) => {
    const upstream = await echo()
    const { port } = await proxy(upstream.port, body instanceof Buffer ? { ...shout, maxBytes: 100_000 } : limited)
    expect(codeOf(await post(port, body, headers))).toEqual([413, 'BODY_TOO_LARGE'])
    expect(upstream.requests).toHaveLength(0)
  })

  it('by one byte more than is taken', async () => {
    const { port } = await proxy((await echo()).port, limited)
    for (const headers of [{}, { 'Transfer-Encoding': 'chunked' }]) {
      expect((await post(port, 'x'.repeat(10), headers)).text).toBe('X'.repeat(10))
      expect((await post(port, 'x'.repeat(11), headers)).status).toBe(413)
    }
    expect((await post((await proxy((await echo()).port, shout)).port, 'x'.repeat(1_048_576))).status).toBe(200)
    expect((await post((await proxy((await echo()).port, shout)).port, 'x'.repeat(1_048_577))).status).toBe(413)
  })

  it('by the limit of the route, where that is the lower one', async () => {
    const { port } = await proxy((await echo()).port, { ...shout, maxBytes: 20 }, { maxBodyBytes: 10 })
    for (const headers of [{}, { 'Transfer-Encoding': 'chunked' }]) {
      expect((await post(port, 'x'.repeat(10), headers)).text).toBe('X'.repeat(10))
      expect(codeOf(await post(port, 'x'.repeat(11), headers))).toEqual([413, 'BODY_TOO_LARGE'])
    }
  })

  it('is not asked for with a 100, and others are', async () => {
    const client = await rawClient((await proxy((await echo()).port, limited)).port)
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n')
    await client.until('100 Continue')
    client.write('hello')
    await client.until('HELLO')
    const large = await rawClient((await proxy((await echo()).port, limited)).port)
    large.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n')
    expect(await large.until('413')).not.toContain('100 Continue')
  })
})
