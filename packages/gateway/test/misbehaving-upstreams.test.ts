import type { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { send, startProxy } from './harness.js'
import { fieldLines, fieldValues, rawClient, startRawUpstream } from './raw-http.js'

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const ok = 'HTTP/1.1 200 OK\r\n'

/** A proxy in front of a service that misbehaves on its first connection, and well on every other. */
async function inFrontOf(misbehave: (socket: Socket) => unknown, trafficPolicy: object = {}) {
  const upstream = await startRawUpstream((socket, _head, count) =>
    count === 0 ? misbehave(socket) : socket.write(`${ok}Content-Length: 4\r\n\r\ngood`),
  )
  const { port } = await startProxy([upstream.port], { trafficPolicy })
  const client = await rawClient(port)
  /** The bad connection is gone, and nothing of it is left for the next request. */
  const discarded = async () => {
    await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
    expect((await send(port, '/next')).text).toBe('good')
    expect(upstream.sockets).toHaveLength(2)
  }
  return { client, upstream, discarded }
}

/** One byte after the other, for as long as somebody listens. */
function trickle(socket: Socket, text: string): void {
  let sent = 0
  const timer = setInterval(() => socket.write(text[sent++] ?? 'x'), 10)
  socket.once('close', () => clearInterval(timer))
}

describe('an answer that has no body', () => {
  it.each([
    { what: 'HEAD', method: 'HEAD', answer: `${ok}Content-Length: 5\r\n\r\nhello`, length: ['5'] },
    { what: 'HEAD in chunks', method: 'HEAD', answer: `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, length: [] },
    { what: '204', method: 'GET', answer: 'HTTP/1.1 204 No Content\r\n\r\nhello', length: [] },
    { what: '204 with a length', method: 'GET', answer: 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello' },
    {
      what: '204 in chunks',
      method: 'GET',
      answer: 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    },
    { what: '304', method: 'GET', answer: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello', length: ['5'] },
    {
      what: '304 in chunks',
      method: 'GET',
      answer: 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    },
  ])('has none, whatever the service sends ($what)', async ({ method, answer, length }) => {
    const { client, discarded } = await inFrontOf((socket) => socket.write(answer))
    client.write(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`)
    const received = await client.until('\r\n\r\n')
    if (length !== undefined) expect(fieldValues(fieldLines(received), 'content-length')).toEqual(length)
    await discarded()
    expect(client.received.replaceAll('\r\n\r\n', '')).not.toMatch(/hello/)
    expect(client.received).toMatch(/\r\n\r\n$/)
  })
})

describe('a service that says more than it should', () => {
  it.each([
    { what: 'a longer body', answer: `${ok}Content-Length: 2\r\n\r\nokMORE` },
    { what: 'another answer', answer: `${ok}Content-Length: 2\r\n\r\nok${ok}Content-Length: 4\r\n\r\nevil` },
    { what: 'bytes after the last chunk', answer: `${ok}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nMORE` },
  ])('$what: the client gets the answer, and nothing of the rest ever', async ({ answer }) => {
    const { client, discarded } = await inFrontOf((socket) => socket.write(answer))
    client.write(get)
    expect(await client.until(/ok(?:\r\n0\r\n\r\n)?$/)).toMatch(/^HTTP\/1.1 200 OK\r\n/)
    await discarded()
    expect(client.received).not.toMatch(/MORE|evil/)
  })

  it.each([
    { what: 'two lengths', answer: `${ok}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok` },
    { what: 'two lengths in one field', answer: `${ok}Content-Length: 2, 3\r\n\r\nok` },
    { what: 'a length and chunks', answer: `${ok}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n` },
    { what: 'a length that is none', answer: `${ok}Content-Length: -2\r\n\r\nok` },
    { what: 'endless fields', answer: `${ok}${'X: y\r\n'.repeat(20_000)}` },
    { what: 'an endless status', answer: `HTTP/1.1 200 ${'O'.repeat(100_000)}` },
    { what: 'line feeds alone', answer: 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok' },
    { what: 'an empty line first', answer: `\r\n${ok}Content-Length: 2\r\n\r\nok` },
    { what: 'a space before a colon', answer: `${ok}Content-Length : 2\r\n\r\nok` },
    { what: 'a coding besides chunks', answer: `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n` },
    { what: 'chunks in HTTP/1.0', answer: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n' },
    { what: 'endless interim answers', answer: 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(20) },
    { what: 'a status that is none', answer: 'HTTP/1.1 20 OK\r\n\r\n' },
    { what: 'a field that is folded', answer: `${ok}X-A: 1\r\n 2\r\nContent-Length: 2\r\n\r\nok` },
    { what: 'a switch to another protocol', answer: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n' },
    { what: 'garbage', answer: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' },
  ])('$what: 502', async ({ answer }) => {
    const { client, discarded } = await inFrontOf((socket) => socket.write(Buffer.from(answer, 'latin1')))
    client.write(get)
    const received = await client.until(/\r\n\r\n[^]+/)
    expect(received).toMatch(/^HTTP\/1.1 502 [^]*"code":"UPSTREAM_INVALID"/)
    await discarded()
  })
})

describe('a service that is slow', () => {
  it('with its head, a byte at a time: 504', async () => {
    const { client, discarded } = await inFrontOf((socket) => trickle(socket, `${ok}X: `), { attemptTimeout: 100 })
    client.write(get)
    expect(await client.until('}')).toMatch(/^HTTP\/1.1 504 [^]*UPSTREAM_TIMEOUT/)
    await discarded()
  })

  it.each(['Content-Length: 999', 'Transfer-Encoding: chunked'])('with its body, a byte at a time: cut (%s)', async (framing) => {
    const chunk = framing.startsWith('T') ? '1\r\nx\r\n'.repeat(200) : ''
    const misbehave = (socket: Socket) => {
      socket.write(`${ok}${framing}\r\n\r\n`)
      trickle(socket, chunk)
    }
    const { client, discarded } = await inFrontOf(misbehave, { timeout: 150 })
    client.write(get)
    await client.closed
    expect(client.received).toMatch(/^HTTP\/1.1 200 OK/)
    expect(client.received).not.toMatch(/0\r\n\r\n$/)
    await discarded()
  })
})

describe('a service that answers while the body still arrives', () => {
  it.each([
    { what: 'and stays', then: () => undefined },
    { what: 'and closes', then: (socket: Socket) => socket.end() },
  ])('$what: the client gets the answer, and its connection ends', async ({ then }) => {
    const { client, discarded } = await inFrontOf((socket) => {
      socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig')
      then(socket)
    })
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegin')
    const received = await client.until('big')
    expect(received).toMatch(/^HTTP\/1.1 413 /)
    expect(fieldValues(fieldLines(received), 'connection')).toEqual(['close'])
    await client.closed
    await discarded()
  })
})

describe('a service that resets its connection', () => {
  const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nbegin'
  it.each([
    { stage: 'after the request', request: get, sends: '' },
    { stage: 'while the body arrives', request: post, sends: '' },
    { stage: 'in the status line', request: get, sends: 'HTTP/1.' },
    { stage: 'in a field', request: get, sends: `${ok}Content-Le` },
    { stage: 'before the end of the head', request: get, sends: `${ok}Content-Length: 2\r\n` },
    { stage: 'after a 103', request: get, sends: 'HTTP/1.1 103 Early Hints\r\n\r\n' },
  ])('$stage: 502', async ({ request, sends }) => {
    const { client, discarded } = await inFrontOf((socket) => socket.write(sends, () => socket.resetAndDestroy()))
    client.write(request)
    expect(await client.until('}')).toMatch(/^HTTP\/1.1 502 [^]*"code":"UPSTREAM_RESET"/)
    await discarded()
  })

  it.each([
    { stage: 'after the head', sends: 'Content-Length: 9\r\n\r\n' },
    { stage: 'in a body with a length', sends: 'Content-Length: 9\r\n\r\nhalf' },
    { stage: 'in a body that ends with the connection', sends: 'Connection: close\r\n\r\nhalf' },
    { stage: 'in a chunk before a close', sends: 'Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf' },
    { stage: 'after a chunk before a close', sends: 'Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n' },
    { stage: 'in the size of a chunk', sends: 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n4' },
    { stage: 'in a chunk', sends: 'Transfer-Encoding: chunked\r\n\r\n9\r\nhalf' },
    { stage: 'after a chunk', sends: 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n' },
    { stage: 'in the last chunk', sends: 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n' },
    { stage: 'in the trailers', sends: 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\nX-Sum: 1\r\n' },
  ])('$stage: the client’s answer is cut, never ended', async ({ sends }) => {
    const { client, upstream, discarded } = await inFrontOf((socket) => socket.write(ok + sends))
    client.write(get)
    await client.until(sends.includes('half') ? 'half' : '\r\n\r\n')
    upstream.sockets[0]?.resetAndDestroy()
    expect(await client.closed).toBe('cut')
    expect(client.received).not.toMatch(/0\r\n(?:.*\r\n)*\r\n$/)
    await discarded()
  })
})
