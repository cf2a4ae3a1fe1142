import { describe, expect, it } from 'vitest'
import { fieldLines, fieldValues } from './raw-http.js'
import { closing, ok, overTheWire } from './wire.js'

const head = 'HTTP/1.1 200 OK\r\n'
const lineOf = (text: string) => text.split('\r\n', 1)[0] as string
const bodyOf = (text: string) => text.slice(text.indexOf('\r\n\r\n') + 4)

describe('the version and the status of an answer', () => {
  it('are the gateway’s version and the service’s status', async () => {
    const { got } = await overTheWire(closing(), { answer: 'HTTP/1.0 299 Fine\r\nContent-Length: 2\r\n\r\nok', ends: true })
    expect(lineOf(got)).toMatch(/^HTTP\/1\.1 299 /)
  })

  it('are taken from a status line without a reason', async () => {
    const { got } = await overTheWire(closing(), { answer: 'HTTP/1.1 404 \r\nContent-Length: 2\r\n\r\nno' })
    expect(lineOf(got)).toBe('HTTP/1.1 404 Not Found')
  })
})

describe('the framing of an answer', () => {
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n`

  it('in chunks is in chunks again, without the extensions', async () => {
    const { got } = await overTheWire(closing(), { answer: chunked })
    expect(fieldValues(fieldLines(got), 'transfer-encoding')).toEqual(['chunked'])
    expect(fieldValues(fieldLines(got), 'content-length')).toEqual([])
    expect(got).not.toContain('x=y')
    expect(bodyOf(got)).toMatch(/^3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n$|^4\r\nabcd\r\n0\r\n\r\n$/)
  })

  it('ends with the connection for HTTP/1.0, which knows no chunks', async () => {
    const { got, closed } = await overTheWire('GET / HTTP/1.0\r\n\r\n', { answer: chunked })
    expect(fieldValues(fieldLines(got), 'transfer-encoding')).toEqual([])
    expect(bodyOf(got)).toBe('abcd')
    expect(closed).toBe('end')
  })

  it('that was the end of the service’s connection is chunks', async () => {
    const { got } = await overTheWire(closing(), { answer: `${head}\r\nabcd`, ends: true })
    expect(fieldValues(fieldLines(got), 'transfer-encoding')).toEqual(['chunked'])
    expect(bodyOf(got)).toMatch(/abcd\r\n0\r\n\r\n$/)
  })

  it.each(['204 No Content', '304 Not Modified'])('of %s is none', async (status) => {
    const { got, closed } = await overTheWire(closing(), { answer: `HTTP/1.1 ${status}\r\nETag: "a"\r\n\r\n` })
    expect(fieldValues(fieldLines(got), 'transfer-encoding')).toEqual([])
    expect(fieldValues(fieldLines(got), 'content-length')).toEqual([])
    expect(fieldValues(fieldLines(got), 'etag')).toEqual(['"a"'])
    expect(bodyOf(got)).toBe('')
    expect(closed).toBe('end')
  })

  it.each(['HEAD', 'GET'])('of an answer to %s says the length that the service says', async (method) => {
    const answer = method === 'HEAD' ? `${head}Content-Length: 7\r\n\r\n` : 'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n'
    const { got } = await overTheWire(closing('', `${method} / HTTP/1.1`), { answer })
    expect(fieldValues(fieldLines(got), 'content-length')).toEqual(['7'])
    expect(bodyOf(got)).toBe('')
  })

  it('of 205 is none', async () => {
    const { got } = await overTheWire(closing(), { answer: 'HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n' })
    expect(lineOf(got)).toBe('HTTP/1.1 205 Reset Content')
    expect(fieldValues(fieldLines(got), 'content-length')).toEqual(['0'])
  })

  it.each(['Content-Length: 2, 2', 'Content-Length: 2\r\nContent-Length: 2'])(
    'that says its length twice is one length or 502 (%j)',
    async (fields) => {
      const { got } = await overTheWire(closing(), { answer: `${head}${fields}\r\n\r\nok` })
      if (lineOf(got) === 'HTTP/1.1 200 OK') expect(fieldValues(fieldLines(got), 'content-length')).toEqual(['2'])
      else expect(lineOf(got)).toBe('HTTP/1.1 502 Bad Gateway')
    },
  )

  it.each(['\0', '\r', '\x01'])('has no control byte in a value: 502 (%j)', async (byte) => {
    const { got } = await overTheWire(closing(), { answer: `${head}X-A: 1${byte}2\r\nContent-Length: 2\r\n\r\nok` })
    expect(got).not.toContain(byte === '\r' ? '1\r2' : byte)
    expect(lineOf(got)).toBe('HTTP/1.1 502 Bad Gateway')
  })

  it('has no space between a name and its colon: it goes, or 502', async () => {
    const { got } = await overTheWire(closing(), { answer: `${head}X-A : 1\r\nContent-Length: 2\r\n\r\nok` })
    expect(got).not.toMatch(/x-a[ \t]+:/i)
    expect(lineOf(got)).toMatch(/^HTTP\/1\.1 (?:200|502) /)
  })

  it('is never a folded line', async () => {
    const { got } = await overTheWire(closing(), { answer: `${head}X-A: 1\r\n 2\r\nContent-Length: 2\r\n\r\nok` })
    expect(got).not.toMatch(/\r\n[ \t]/)
    if (lineOf(got) === 'HTTP/1.1 200 OK') expect(fieldValues(fieldLines(got), 'x-a')).toEqual([expect.stringMatching(/^1 +2$/)])
    else expect(lineOf(got)).toBe('HTTP/1.1 502 Bad Gateway')
  })
})

describe('interim answers', () => {
  it.each(['102 Processing', '199 Unheard Of'])('that nobody asked for do not take the place of the answer (%s)', async (status) => {
    const { got } = await overTheWire(closing(), { answer: `HTTP/1.1 ${status}\r\nX-Interim: 1\r\n\r\n${ok}` })
    expect(got).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/)
    expect(got).not.toMatch(/x-interim/i)
  })

  it('never reach HTTP/1.0', async () => {
    const answer = `HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n${ok}`
    const { got } = await overTheWire('GET / HTTP/1.0\r\n\r\n', { answer })
    expect(got).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(got).not.toContain(' 103 ')
  })
})

describe('fields of an answer', () => {
  it('that describe it are the service’s, unchanged', async () => {
    const lines = [
      'Date: Fri, 20 Nov 2026 18:55:21 GMT',
      'Server: theirs/1.0',
      'ETag: W/"a"',
      'Last-Modified: Thu, 19 Nov 2026 18:55:21 GMT',
      'Cache-Control: no-transform',
      'Content-Range: bytes 0-1/9',
      'Accept-Ranges: bytes',
      'Location: http://127.0.0.1/elsewhere#x',
      'WWW-Authenticate: Basic realm="a", Digest realm="b"',
      'Allow: GET',
      'Retry-After: 7',
      'Vary: Accept',
      'Content-Encoding: gzip',
    ]
    const { got } = await overTheWire(closing(), {
      answer: `HTTP/1.1 206 Partial Content\r\n${lines.join('\r\n')}\r\nContent-Length: 2\r\n\r\nok`,
    })
    expect(fieldLines(got)).toEqual(expect.arrayContaining(lines))
    for (const name of ['date', 'server', 'vary']) expect(fieldValues(fieldLines(got), name)).toHaveLength(1)
  })

  it('get a Date where the service sends none', async () => {
    const { got } = await overTheWire(closing())
    expect(fieldValues(fieldLines(got), 'date')).toEqual([expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/)])
  })

  it('of one connection leave nothing behind but the gateway’s own', async () => {
    const answer = `${head}Connection: close, X-Once\r\nX-Once: 1\r\nKeep-Alive: timeout=1\r\nProxy-Connection: x\r\nContent-Length: 2\r\n\r\nok`
    const { got } = await overTheWire(closing(), { answer, ends: true })
    for (const name of ['x-once', 'keep-alive', 'proxy-connection']) expect(fieldValues(fieldLines(got), name)).toEqual([])
    expect(fieldValues(fieldLines(got), 'connection')).toEqual(['close'])
  })
})
