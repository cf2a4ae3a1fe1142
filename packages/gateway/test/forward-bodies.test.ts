import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { startProxy, startUpstream, type Upstream } from './harness.js'
import { sendBytes } from './bytes.js'
import { fieldValues, fieldLines, rawClient, startRawUpstream } from './raw-http.js'

const mebibyte = randomBytes(1_048_576)

const echo = (): Promise<Upstream> =>
  startUpstream((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => response.writeHead(200, { 'X-Method': request.method }).end(Buffer.concat(chunks)))
  })

describe('bodies', () => {
  it.each([
    { framing: 'Content-Length', headers: { 'Content-Length': String(mebibyte.length) } },
    { framing: 'chunked', headers: { 'Transfer-Encoding': 'chunked' } },
  ])('of 1 MiB pass both ways unchanged ($framing)', async ({ headers }) => {
    const upstream = await echo()
    const { port } = await startProxy([upstream.port])
    const answer = await sendBytes(port, '/', { method: 'POST', headers, body: mebibyte })
    expect(answer.status).toBe(200)
    expect(answer.body.equals(mebibyte)).toBe(true)
    const [request] = upstream.requests
    expect(request?.headers['content-length']).toBe(headers['Content-Length'])
    expect(request?.headers['transfer-encoding']).toBe(headers['Transfer-Encoding'])
  })

  it('are echoed while they still arrive', async () => {
    const upstream = await startUpstream((request, response) => request.pipe(response))
    const { port } = await startProxy([upstream.port])
    const answer = await sendBytes(port, '/', { method: 'PUT', headers: { 'Transfer-Encoding': 'chunked' }, body: mebibyte })
    expect(answer.body.equals(mebibyte)).toBe(true)
  })

  it.each(['GET', 'DELETE', 'OPTIONS', 'PATCH', 'QUERY'])('go with %s too', async (method) => {
    const upstream = await echo()
    const { port } = await startProxy([upstream.port])
    const answer = await sendBytes(port, '/', { method, headers: { 'Content-Length': '4' }, body: Buffer.from('body') })
    expect(answer.body.toString()).toBe('body')
    expect(upstream.requests[0]?.method).toBe(method)
  })

  it('stay compressed', async () => {
    const packed = gzipSync('text '.repeat(100))
    const upstream = await startUpstream((_request, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(packed))
    const { port } = await startProxy([upstream.port])
    const answer = await sendBytes(port, '/', { headers: { 'Accept-Encoding': 'gzip' } })
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(answer.body.equals(packed)).toBe(true)
  })

  it.each([0, 1, 4_095, 4_096, 65_536, 65_537])('of %i bytes with a length arrive whole', async (size) => {
    const upstream = await startUpstream((_request, response) =>
      response.writeHead(200, { 'Content-Length': size }).end(mebibyte.subarray(0, size)),
    )
    const { port } = await startProxy([upstream.port])
    const answer = await sendBytes(port, '/')
    expect(answer.headers['content-length']).toBe(String(size))
    expect(answer.body.equals(mebibyte.subarray(0, size))).toBe(true)
  })

  it('end with the connection where the service frames them so', async () => {
    const upstream = await startRawUpstream((socket) => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it'))
    const { port } = await startProxy([upstream.port])
    const answer = await sendBytes(port, '/')
    expect(answer.body.toString()).toBe('all of it')
    expect(answer.headers['transfer-encoding']).toBe('chunked')
  })
})

describe('answers without a body', () => {
  it.each([
    { method: 'HEAD', answer: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', status: '200 OK', length: ['5'] },
    { method: 'GET', answer: 'HTTP/1.1 204 No Content\r\n\r\n', status: '204 No Content', length: [] },
    {
      method: 'GET',
      answer: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: "x"\r\n\r\n',
      status: '304 Not Modified',
      length: ['5'],
    },
  ])('$method $status', async ({ method, answer, status, length }) => {
    const upstream = await startRawUpstream((socket) => socket.write(answer))
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    // The second request shows that the connection is in step: nothing came after the first answer's head.
    client.write(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    await client.closed
    const answers = client.received.split('\r\n\r\n')
    expect(answers).toHaveLength(3)
    expect(answers[0]).toMatch(`HTTP/1.1 ${status}\r\n`)
    expect(answers[1]).toMatch(`HTTP/1.1 ${status}\r\n`)
    expect(answers[2]).toBe('')
    expect(fieldValues(fieldLines(client.received), 'content-length')).toEqual(length)
  })
})

describe('what a proxy leaves alone', () => {
  it('redirects are the client’s to follow', async () => {
    const upstream = await startUpstream((_request, response) => response.writeHead(302, { Location: 'http://127.0.0.1:1/else' }).end())
    const { port } = await startProxy([upstream.port])
    const answer = await sendBytes(port, '/')
    expect(answer.status).toBe(302)
    expect(answer.headers.location).toBe('http://127.0.0.1:1/else')
    expect(upstream.requests).toHaveLength(1)
  })

  it.each([200, 201, 206, 299, 400, 418, 451, 500, 501, 599])('status %i passes', async (status) => {
    const upstream = await startUpstream((_request, response) => response.writeHead(status).end('x'))
    const { port } = await startProxy([upstream.port])
    expect((await sendBytes(port, '/')).status).toBe(status)
  })

  it('Expect: 100-continue is answered, and the body follows', async () => {
    const upstream = await echo()
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    client.write('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n')
    await client.until('HTTP/1.1 100 Continue\r\n\r\n')
    client.write('late')
    await client.until(/200 OK[^]*late\r\n/)
    expect(upstream.requests[0]?.headers.expect).toBeUndefined()
  })

  it('103 Early Hints does not disturb the answer', async () => {
    const upstream = await startRawUpstream((socket) =>
      socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    )
    const { port } = await startProxy([upstream.port])
    const answer = await sendBytes(port, '/')
    expect(answer.status).toBe(200)
    expect(answer.body.toString()).toBe('ok')
  })
})
