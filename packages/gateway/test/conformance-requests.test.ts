import { describe, expect, it } from 'vitest'
import { fieldLines, fieldValues } from './raw-http.js'
import { closing, overTheWire } from './wire.js'

const lineOf = (text: string) => text.split('\r\n', 1)[0] as string

describe('the version of a request', () => {
  it('is the gateway’s own, whatever the client’s', async () => {
    const { sent, got } = await overTheWire('GET /old HTTP/1.0\r\nHost: a\r\n\r\n')
    expect(lineOf(sent)).toBe('GET /old HTTP/1.1')
    expect(lineOf(got)).toBe('HTTP/1.1 200 OK')
  })
})

describe('a target', () => {
  it.each(['GET /a b HTTP/1.1', 'GET /a HTTP/1.1 HTTP/1.1', 'GET  HTTP/1.1', 'GET /a'])(
    'that whitespace splits gets 400: %s',
    async (line) => {
      const { sent, got } = await overTheWire(closing('', line))
      expect(lineOf(got)).toBe('HTTP/1.1 400 Bad Request')
      expect(sent).toBe('')
    },
  )

  it('in absolute-form goes on in origin-form, and its authority replaces Host', async () => {
    const request = closing('', 'GET http://shop.example:8080/p?q=1 HTTP/1.1')
    const { sent } = await overTheWire(request, { route: { serviceConfig: { serviceName: 'service', preserveHost: true } } })
    expect(lineOf(sent)).toBe('GET /p?q=1 HTTP/1.1')
    expect(fieldValues(fieldLines(sent), 'host')).toEqual(['shop.example:8080'])
    expect(fieldValues(fieldLines(sent), 'x-forwarded-host')).toEqual(['shop.example:8080'])
  })

  it('in absolute-form without a path goes on as /', async () => {
    const { sent } = await overTheWire(closing('', 'GET http://shop.example?q HTTP/1.1'))
    expect(lineOf(sent)).toBe('GET /?q HTTP/1.1')
  })

  it.each(['a:443', '*', 'p', 'mailto:a@b'])('in a form that the method does not have gets 400: GET %s', async (target) => {
    const { sent, got } = await overTheWire(closing('', `GET ${target} HTTP/1.1`))
    expect(lineOf(got)).toBe('HTTP/1.1 400 Bad Request')
    expect(sent).toBe('')
  })
})

describe('the framing of a request', () => {
  it.each([
    { what: 'a length', fields: 'Content-Length: 4\r\n', body: 'abcd', framing: ['content-length: 4'] },
    { what: 'nothing, on GET', line: 'GET / HTTP/1.1', fields: '', body: '', framing: [] },
    { what: 'nothing, on DELETE', line: 'DELETE / HTTP/1.1', fields: '', body: '', framing: [] },
    { what: 'nothing, on POST, which is no content', fields: '', body: '', framing: ['content-length: 0'] },
    { what: 'a length of 0', fields: 'Content-Length: 0\r\n', body: '', framing: ['content-length: 0'] },
  ])('is one, and the same: $what', async ({ line = 'POST / HTTP/1.1', fields, body, framing }) => {
    const { sent, got } = await overTheWire(closing(fields, line) + body)
    expect(lineOf(got)).toBe('HTTP/1.1 200 OK')
    const lines = fieldLines(sent).map((field) => field.toLowerCase())
    expect(lines.filter((field) => /^(?:content-length|transfer-encoding):/.test(field))).toEqual(framing)
    expect(sent.slice(sent.indexOf('\r\n\r\n') + 4)).toBe(body)
  })

  it('is made anew of chunks, without their extensions: as chunks, or as a length where all has come', async () => {
    const { sent } = await overTheWire(`${closing('Transfer-Encoding: chunked\r\n', 'POST / HTTP/1.1')}3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n`)
    const content = sent.slice(sent.indexOf('\r\n\r\n') + 4)
    if (fieldValues(fieldLines(sent), 'content-length').length === 1) expect(content).toBe('abcd')
    else expect(content).toMatch(/^(?:3\r\nabc\r\n1\r\nd|4\r\nabcd)\r\n0\r\n\r\n$/)
  })

  it('is never Content-Length together with Transfer-Encoding, of a request that was kept for a retry either', async () => {
    const request = `${closing('Transfer-Encoding: chunked\r\n', 'PUT / HTTP/1.1')}4\r\nabcd\r\n0\r\n\r\n`
    const { sent } = await overTheWire(request, { route: { trafficPolicy: { retry: { maxAttempts: 1 } } } })
    const lines = fieldLines(sent)
    expect([...fieldValues(lines, 'content-length'), ...fieldValues(lines, 'transfer-encoding')]).toHaveLength(1)
    expect(sent).toContain('abcd')
  })
})

describe('Expect', () => {
  it('means nothing in HTTP/1.0: no 100, and the body goes on', async () => {
    const { sent, got } = await overTheWire('POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody')
    expect(lineOf(got)).toBe('HTTP/1.1 200 OK')
    expect(got).not.toContain('100')
    expect(sent).toMatch(/\r\n\r\nbody$/)
    expect(fieldValues(fieldLines(sent), 'expect')).toEqual([])
  })
})

describe('fields of a request', () => {
  const conditional = [
    'If-None-Match: W/"a", "b"',
    'If-Match: *',
    'If-Modified-Since: Fri, 20 Nov 2026 18:55:21 GMT',
    'If-Unmodified-Since: yesterday',
    'If-Range: "a"',
    'Range: bytes=0-1, 5-',
    'Cache-Control: no-transform',
    'Accept-Encoding: br;q=1.0',
    'Max-Forwards: 3',
    'X-Unknown: kept',
  ]

  it('that a cache, a range or nobody knows are passed on unchanged', async () => {
    const { sent } = await overTheWire(closing(conditional.map((line) => `${line}\r\n`).join('')))
    expect(fieldLines(sent)).toEqual(expect.arrayContaining(conditional))
  })

  it('lose the white space around their values, and none inside', async () => {
    const { sent } = await overTheWire(closing('X-Space: \t a \t b \t\r\n'))
    expect(fieldValues(fieldLines(sent), 'x-space')).toEqual(['a \t b'])
    expect(fieldLines(sent).filter((line) => line !== line.trimEnd())).toEqual([])
  })

  it('that only meant the client’s connection leave nothing of Connection behind', async () => {
    const { sent } = await overTheWire(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Once\r\nX-Once: 1\r\n\r\n`)
    expect(fieldValues(fieldLines(sent), 'x-once')).toEqual([])
    expect(fieldValues(fieldLines(sent), 'connection').filter((value) => value !== 'keep-alive')).toEqual([])
  })
})
