import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ResponseHead } from './response-head.js'
import { maxAnswerHeadBytes, ResponseParser } from './response-parser.js'

/** What was read of some bytes that came in pieces: interim statuses, the answer, and how many bytes stayed behind it. */
function read(pieces: readonly string[], { toHead = false, ended = false } = {}) {
  const found = { statuses: [] as number[], body: '', trailers: undefined as readonly string[] | undefined, done: false, behind: 0 }
  const parser = new ResponseParser({
    onHead: ({ status }: ResponseHead) => found.statuses.push(status) > 0,
    onBody: (chunk) => (found.body += chunk.toString('latin1')),
    onEnd: (trailers) => {
      found.trailers = trailers
      found.done = true
    },
  })
  parser.begin(toHead)
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, 'latin1')
    found.behind += bytes.length - parser.read(bytes, bytes.length)
  }
  if (ended) parser.readEnd()
  expect(parser.done).toBe(found.done || found.statuses.includes(101))
  return found
}

const ok = 'HTTP/1.1 200 OK\r\n'

describe('a ResponseParser', () => {
  it.each([
    { what: 'a body with a length', text: `${ok}Content-Length: 5\r\n\r\nhello`, body: 'hello' },
    { what: 'a body of no bytes', text: `${ok}Content-Length: 0\r\n\r\n`, body: '' },
    { what: 'chunks', text: `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n002;x=y\r\nlo\r\n0\r\n\r\n`, body: 'hello' },
    { what: '204', text: 'HTTP/1.1 204 No Content\r\n\r\n', body: '' },
    { what: '304 that says a length', text: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', body: '' },
    { what: 'an answer behind interim ones', text: `HTTP/1.1 100 Continue\r\n\r\n${ok}Content-Length: 1\r\n\r\nx`, body: 'x' },
    { what: 'a status without a reason', text: 'HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx', body: 'x' },
    { what: 'bytes above ASCII', text: 'HTTP/1.1 200 \xe9\r\nX: \xff\r\nContent-Length: 1\r\n\r\n\xfe', body: '\xfe' },
    { what: 'no fields at all', text: 'HTTP/1.1 204 \r\n\r\n', body: '' },
  ])('reads $what, and leaves what comes behind it', ({ text, body }) => {
    expect(read([text])).toMatchObject({ body, done: true, behind: 0 })
    expect(read([`${text}HTTP/1.1 200 OK\r\n\r\n`])).toMatchObject({ body, done: true, behind: 19 })
  })

  it('reads no body of an answer to HEAD', () => {
    expect(read([`${ok}Content-Length: 5\r\n\r\nhello`], { toHead: true })).toMatchObject({ body: '', done: true, behind: 5 })
  })

  it('reads up to the end of the connection where the answer does not say its length', () => {
    expect(read([`${ok}\r\nhel`, 'lo'])).toMatchObject({ body: 'hello', done: false })
    expect(read([`${ok}\r\nhel`, 'lo'], { ended: true })).toMatchObject({ body: 'hello', done: true })
  })

  it('reads trailers', () => {
    const text = `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum:  1 \r\nx-b:\r\n\r\n`
    expect(read([text])).toMatchObject({ body: 'x', trailers: ['X-Sum', '1', 'x-b', ''], done: true })
  })

  it('stops where another protocol begins', () => {
    expect(read(['HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\x00\x01'])).toMatchObject({ statuses: [101], body: '', behind: 2 })
  })

  it.each([
    'Content-Length: 5\r\n\r\nhell',
    'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    '',
    'Transfer-Encoding: chunked\r\n\r\n0\r\n',
  ])('takes no answer for whole that is not (%j)', (rest) => {
    expect(() => read([ok + rest], { ended: true })).toThrow('ended before the answer')
  })

  it('gives the same for the same bytes in any pieces', () => {
    const answers = [
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA;q="x"\r\n0123456789\r\n1\r\nx\r\n0\r\nX-A: b\r\n\r\nmore',
      `${ok}Content-Length: 12\r\nX-A: b\r\n\r\n\r\n\r\nHTTP/1.1 `,
      `${ok}X: ${'y'.repeat(3_000)}\r\nContent-Length: 3000\r\n\r\n${'z'.repeat(3_010)}`,
    ]
    fc.assert(
      fc.property(fc.constantFrom(...answers), fc.array(fc.nat(6_100), { maxLength: 12 }), (text, cuts) => {
        const at = [0, ...cuts.map((cut) => cut % text.length).sort((a, b) => a - b), text.length]
        const pieces = at.slice(1).map((end, i) => text.slice(at[i], end))
        expect(read(pieces)).toEqual(read([text]))
        if (cuts.length === 0) expect(read([...text])).toEqual(read([text]))
      }),
    )
  })

  it('waits behind a head for as long as it is asked to', () => {
    const seen: string[] = []
    const parser = new ResponseParser({
      onHead: () => false,
      onBody: (chunk) => seen.push(chunk.toString()),
      onEnd: () => seen.push('end'),
    })
    const bytes = Buffer.from(`${ok}Content-Length: 2\r\n\r\nok`)
    parser.begin(false)
    const at = parser.read(bytes, bytes.length)
    expect(at).toBe(bytes.length - 2)
    expect(seen).toEqual([])
    expect(parser.read(bytes, bytes.length, at)).toBe(bytes.length)
    expect(seen).toEqual(['ok', 'end'])
  })

  it('does not read beyond the end, whatever lies there', () => {
    const bytes = Buffer.from(`${ok}Content-Length: 9\r\n\r\nokSTALE\r\n\r\n`)
    const bodies: string[] = []
    const parser = new ResponseParser({ onHead: () => true, onBody: (chunk) => bodies.push(chunk.toString()), onEnd: () => undefined })
    parser.begin(false)
    const end = bytes.indexOf('STALE')
    expect(parser.read(bytes, end)).toBe(end)
    expect(bodies).toEqual(['ok'])
  })
})

describe('a ResponseParser refuses', () => {
  it.each([
    ['garbage', '\x16\x03\x01'],
    ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['small letters', 'http/1.1 200 OK\r\n\r\n'],
    ['an empty line first', `\r\n${ok}\r\n`],
    ['a short status', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a long status', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
    ['line feeds alone', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['a line feed alone among others', `${ok}A: b\nContent-Length: 0\r\n\r\n`],
    ['a carriage return in a value', `${ok}A: b\rc\r\n\r\n`],
    ['NUL in a value', `${ok}A: b\0\r\n\r\n`],
    ['a folded field', `${ok}A: b\r\n c\r\n\r\n`],
    ['a space before the colon', `${ok}Content-Length : 0\r\n\r\n`],
    ['a name that is none', `${ok}A(b: c\r\n\r\n`],
    ['a field without a colon', `${ok}nothing\r\n\r\n`],
    ['an empty name', `${ok}: x\r\n\r\n`],
    ['two lengths', `${ok}Content-Length: 1\r\nContent-Length: 1\r\n\r\n`],
    ['a list of lengths', `${ok}Content-Length: 1, 1\r\n\r\n`],
    ['a negative length', `${ok}Content-Length: -1\r\n\r\n`],
    ['a length with a sign', `${ok}Content-Length: +1\r\n\r\n`],
    ['a length in hex', `${ok}Content-Length: 0x1\r\n\r\n`],
    ['an empty length', `${ok}Content-Length:\r\n\r\n`],
    ['a length beyond counting', `${ok}Content-Length: 9999999999999999\r\n\r\n`],
    ['a length and chunks', `${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ['another coding', `${ok}Transfer-Encoding: gzip\r\n\r\n`],
    ['chunked twice', `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['a chunk of no size', `${ok}Transfer-Encoding: chunked\r\n\r\n\r\n`],
    ['a negative chunk', `${ok}Transfer-Encoding: chunked\r\n\r\n-1\r\n`],
    ['a chunk in 0x', `${ok}Transfer-Encoding: chunked\r\n\r\n0x1\r\n`],
    ['a chunk beyond counting', `${ok}Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(14)}\r\n`],
    ['a chunk’s size with a bare line feed', `${ok}Transfer-Encoding: chunked\r\n\r\n1\nx\r\n`],
    ['a control byte in an extension', `${ok}Transfer-Encoding: chunked\r\n\r\n1;\0\r\nx\r\n`],
    ['a chunk that is longer than it says', `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n`],
    ['an endless extension', `${ok}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(2_000)}`],
    ['a trailer that is none', `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\nnothing\r\n\r\n`],
    ['endless trailers', `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n${'X: y\r\n'.repeat(4_000)}`],
    ['an endless head', ok + 'X: y\r\n'.repeat(4_000)],
    ['endless interim answers', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(20)],
  ])('%s, whole and byte by byte', (_what, text) => {
    expect(() => read([text])).toThrow()
    expect(() => read([...text])).toThrow()
  })

  it('a head that is longer than it may be, and no other', () => {
    const headOf = (length: number) => `${ok}X: ${'y'.repeat(length - ok.length - 3)}`
    expect(read([`${headOf(maxAnswerHeadBytes)}\r\n\r\n`]).statuses).toEqual([200])
    expect(() => read([`${headOf(maxAnswerHeadBytes + 1)}\r\n\r\n`])).toThrow('longer than')
  })
})

describe('the connection of an answer', () => {
  it.each([
    ['HTTP/1.1 200 OK\r\n', true],
    ['HTTP/1.0 200 OK\r\n', false],
    ['HTTP/1.1 200 OK\r\nConnection: close\r\n', false],
    ['HTTP/1.1 200 OK\r\nConnection: x, Close\r\n', false],
    ['HTTP/1.1 200 OK\r\nConnection: close\r\nConnection: keep-alive\r\n', false],
    ['HTTP/1.1 200 OK\r\nConnection: closed\r\n', true],
    ['HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n', true],
    ['HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\n', false],
  ])('%j stays: %s', (text, persistent) => {
    let head: ResponseHead | undefined
    const parser = new ResponseParser({ onHead: (found) => ((head = found), true), onBody: () => undefined, onEnd: () => undefined })
    parser.begin(false)
    const bytes = Buffer.from(`${text}Keep-Alive: max=3, timeout=7\r\n\r\n`)
    parser.read(bytes, bytes.length)
    expect(head).toMatchObject({ persistent, keepAliveSeconds: 7 })
  })
})
