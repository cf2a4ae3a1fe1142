import { describe, expect, it, vi } from 'vitest'
import { startProxy } from './harness.js'
import { fieldLines, fieldValues, rawClient, startRawUpstream } from './raw-http.js'
import { closing, ok, overTheWire } from './wire.js'

const get = (path: string, fields = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`
const answers = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)
const lineOf = (text: string) => text.split('\r\n', 1)[0] as string

describe('a client’s connection', () => {
  it('stays open for more, until the client says close', async () => {
    const upstream = await startRawUpstream((socket) => socket.write(ok))
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    client.write(get('/1'))
    await client.until('ok')
    expect(fieldValues(fieldLines(client.received), 'connection')).toEqual(['keep-alive'])
    expect(fieldValues(fieldLines(client.received), 'keep-alive')).toEqual(['timeout=65'])
    client.write(closing('', 'GET /2 HTTP/1.1'))
    expect(await client.closed).toBe('end')
    expect(answers(client.received)).toEqual(['200', '200'])
    expect(fieldValues(fieldLines(client.received.slice(client.received.lastIndexOf('HTTP/1.1'))), 'connection')).toEqual(['close'])
  })

  it('ends after an answer to HTTP/1.0', async () => {
    const { got, closed } = await overTheWire('GET / HTTP/1.0\r\n\r\n')
    expect(closed).toBe('end')
    expect(fieldValues(fieldLines(got), 'connection')).toEqual(['close'])
  })

  it('stays open for HTTP/1.0 where it asks for that', async () => {
    const { got } = await overTheWire('GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n')
    expect(answers(got)).toEqual(['200', '200'])
    expect(fieldValues(fieldLines(got), 'connection')).toEqual(['keep-alive'])
  })

  it('carries no request behind one that said close', async () => {
    const { sent, got, closed } = await overTheWire(`${closing('', 'GET /last HTTP/1.1')}${get('/more')}`)
    expect(answers(got)).toEqual(['200'])
    expect(sent).not.toContain('/more')
    expect(closed).toBe('end')
  })

  it('gets its answers in the order of its requests', async () => {
    const answer = (name: string) => `HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n${name}`
    const upstream = await startRawUpstream((socket, head) => {
      if (head.startsWith('GET /slow')) setTimeout(() => socket.write(answer('slow')), 50)
      else socket.write(answer('fast'))
    })
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    client.write(get('/slow') + get('/fast') + closing('', 'GET /slow HTTP/1.1') + get('/never'))
    await client.closed
    expect(client.received.match(/slow|fast/g)).toEqual(['slow', 'fast', 'slow'])
    expect(upstream.received.join('')).not.toContain('/never')
  })

  it('that ends in the middle of a body leaves the service no whole request', async () => {
    const upstream = await startRawUpstream(() => undefined)
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    client.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n')
    await vi.waitFor(() => expect(upstream.received.join('')).toContain('half'))
    client.socket.end()
    await vi.waitFor(() => expect(upstream.sockets[0]?.destroyed).toBe(true))
    expect(upstream.received.join('')).not.toMatch(/0\r\n\r\n$/)
  })
})

describe('a connection to a service', () => {
  it('is used again, also for another client', async () => {
    const upstream = await startRawUpstream((socket) => socket.write(ok))
    const { port } = await startProxy([upstream.port])
    for (let count = 1; count <= 3; count++) {
      const client = await rawClient(port)
      client.write(closing())
      await client.closed
    }
    expect(upstream.sockets).toHaveLength(1)
  })

  it.each(['HTTP/1.1 200 OK\r\nConnection: close', 'HTTP/1.0 200 OK'])('is not used again after %j', async (head) => {
    const upstream = await startRawUpstream((socket) => socket.write(`${head}\r\nContent-Length: 2\r\n\r\nok`))
    const { port } = await startProxy([upstream.port])
    for (let count = 1; count <= 2; count++) {
      const client = await rawClient(port)
      client.write(closing())
      await client.closed
      expect(client.received).toMatch(/ok$/)
    }
    expect(upstream.sockets).toHaveLength(2)
  })
})

describe('a change of protocol', () => {
  const handshake = (fields: string, version = 'HTTP/1.1') =>
    `GET /chat ${version}\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${fields}\r\n`

  it('is passed on with all that belongs to the handshake, and so is its acceptance', async () => {
    const accept = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    const upstream = await startRawUpstream((socket) =>
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${accept}\r\nSec-WebSocket-Protocol: chat\r\n\r\n`,
      ),
    )
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    const fields = [
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: chat, superchat',
      'Sec-WebSocket-Extensions: permessage-deflate',
      'Origin: http://a',
    ]
    client.write(handshake(fields.map((field) => `${field}\r\n`).join('')))
    const answer = fieldLines(await client.until('\r\n\r\n'))
    const asked = fieldLines(upstream.received[0] as string)
    expect(asked).toEqual(expect.arrayContaining([...fields, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']))
    expect(fieldValues(asked, 'upgrade')).toEqual(['websocket'])
    expect(fieldValues(asked, 'connection').map((value) => value.toLowerCase())).toEqual(['upgrade'])
    expect(answer).toEqual(expect.arrayContaining([accept, 'Sec-WebSocket-Protocol: chat']))
    expect(fieldValues(answer, 'upgrade')).toEqual(['websocket'])
    expect(fieldValues(answer, 'connection').map((value) => value.toLowerCase())).toEqual(['upgrade'])
    for (const name of ['content-length', 'transfer-encoding']) expect(fieldValues(answer, name)).toEqual([])
  })

  it('is none in HTTP/1.0', async () => {
    const { sent, got } = await overTheWire(handshake('', 'HTTP/1.0'))
    expect(lineOf(got)).toBe('HTTP/1.1 200 OK')
    expect(fieldValues(fieldLines(sent), 'upgrade')).toEqual([])
  })

  it('to another version of WebSocket is the service’s to refuse', async () => {
    const answer = 'HTTP/1.1 400 Bad Request\r\nSec-WebSocket-Version: 13, 8\r\nContent-Length: 2\r\n\r\nno'
    const upstream = await startRawUpstream((socket) => socket.write(answer))
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    client.write(handshake('Sec-WebSocket-Version: 99\r\n'))
    const got = await client.until(/\r\n\r\nno$/)
    expect(fieldValues(fieldLines(upstream.received.join('')), 'sec-websocket-version')).toEqual(['99'])
    expect(lineOf(got)).toBe('HTTP/1.1 400 Bad Request')
    expect(fieldValues(fieldLines(got), 'sec-websocket-version')).toEqual(['13, 8'])
  })
})
