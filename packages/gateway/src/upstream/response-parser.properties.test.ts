import fc from 'fast-check'
import { expect, it } from 'vitest'
import { latin1 } from '../http/latin1.js'
import { ResponseParser } from './response-parser.js'

/** What a reader makes of an answer and the end of the connection behind it: a refusal, or all that it says. */
type Reading =
  'refused' | { heads: [status: number, headers: string[]][]; body: string; trailers: readonly string[] | undefined; behind: string }

function parserReads(pieces: readonly Buffer[], toHead: boolean, waits: boolean): Reading {
  const heads: [number, string[]][] = []
  const bodies: Buffer[] = []
  let trailers: readonly string[] | undefined
  let behind = ''
  const parser = new ResponseParser({
    onHead: ({ status, headers }) => {
      heads.push([status, headers])
      return !waits
    },
    onBody: (chunk) => bodies.push(Buffer.from(chunk)),
    onEnd: (found) => (trailers = found),
  })
  parser.begin(toHead)
  try {
    const shared = Buffer.alloc(4_096, 'X: stale\r\n\r\n')
    for (const piece of pieces) {
      piece.copy(shared)
      let at = 0
      for (let known = -1; known !== heads.length && !parser.done;) {
        known = heads.length
        at = parser.read(shared, piece.length, at)
      }
      behind += latin1(shared, at, piece.length)
    }
    parser.readEnd()
  } catch {
    return 'refused'
  }
  return { heads, body: Buffer.concat(bodies).toString('latin1'), trailers, behind }
}

const isToken = (text: string) => text !== '' && [...text].every((char) => /[a-z0-9]/i.test(char) || "!#$%&'*+-.^_`|~".includes(char))
const isText = (text: string) => [...text].every((char) => char === '\t' || (char >= ' ' && char !== '\x7f'))
const trim = (text: string) => text.split(/^[ \t]+|[ \t]+$/).join('')

class Refused extends Error {}

/** A reader as plain as can be: all of the text is there, and it goes line by line. */
function naiveReads(text: string, toHead: boolean): Reading {
  let rest = text
  const line = (): string => {
    const end = rest.indexOf('\n')
    if (end < 1 || rest[end - 1] !== '\r') throw new Refused()
    const found = rest.slice(0, end - 1)
    rest = rest.slice(end + 1)
    if (!isText(found)) throw new Refused()
    return found
  }
  const take = (count: number): string => {
    if (rest.length < count) throw new Refused()
    const found = rest.slice(0, count)
    rest = rest.slice(count)
    return found
  }
  const fields = (): string[] => {
    const found: string[] = []
    for (let next = line(); next !== ''; next = line()) {
      const colon = next.indexOf(':')
      if (colon < 0 || !isToken(next.slice(0, colon))) throw new Refused()
      found.push(next.slice(0, colon), trim(next.slice(colon + 1)))
    }
    return found
  }
  const valuesOf = (headers: string[], name: string) =>
    headers.flatMap((value, i) => (i % 2 === 1 && (headers[i - 1] as string).toLowerCase() === name ? [value] : []))

  const heads: [number, string[]][] = []
  try {
    for (;;) {
      const start = line()
      const version = start.slice(0, 9)
      const digits = start.slice(9, 12)
      if ((version !== 'HTTP/1.1 ' && version !== 'HTTP/1.0 ') || digits.length !== 3 || [...digits].some((d) => d < '0' || d > '9'))
        throw new Refused()
      if (digits < '100' || (start.length > 12 && start[12] !== ' ')) throw new Refused()
      const headers = fields()
      const status = Number(digits)
      const lengths = valuesOf(headers, 'content-length')
      const codings = valuesOf(headers, 'transfer-encoding')
      if (lengths.length > 1 || lengths.some((value) => value === '' || value.length > 15 || [...value].some((d) => d < '0' || d > '9')))
        throw new Refused()
      if (codings.length > 0 && (lengths.length > 0 || codings.join().toLowerCase() !== 'chunked' || version.includes('1.0')))
        throw new Refused()
      heads.push([status, headers])
      if (heads.length > 17) throw new Refused()
      if (status === 101) return { heads, body: '', trailers: undefined, behind: rest }
      if (status < 200) continue
      if (toHead || status === 204 || status === 304) return { heads, body: '', trailers: undefined, behind: rest }
      if (lengths.length === 1) return { heads, body: take(Number(lengths[0])), trailers: undefined, behind: rest }
      if (codings.length === 0) return { heads, body: rest, trailers: undefined, behind: '' }
      let body = ''
      for (;;) {
        const [, hex] = /^([0-9a-f]{1,13})(?:[ \t]*;.*)?$/i.exec(line()) ?? []
        if (hex === undefined) throw new Refused()
        if (/^0+$/.test(hex)) break
        body += take(Number(`0x${hex}`))
        if (take(2) !== '\r\n') throw new Refused()
      }
      const trailers = fields()
      if (trailers.some((name, i) => i % 2 === 0 && /^(content-length|transfer-encoding)$/i.test(name))) throw new Refused()
      return { heads, body, trailers: trailers.length === 0 ? undefined : trailers, behind: rest }
    }
  } catch (error) {
    if (error instanceof Refused) return 'refused'
    throw error
  }
}

const bodyText = fc.stringMatching(/^[a\r\n0:\xff]{0,40}$/)
const sizeLine = fc.tuple(fc.constantFrom('', '0', '000'), fc.constantFrom('', ';x', ' ;x="y z"', '\t; é=1', ';'))
const chunkedBody = fc
  .tuple(fc.array(fc.tuple(bodyText, sizeLine), { maxLength: 4 }), sizeLine, fc.constantFrom('', 'X-Sum: 1\r\n', 'a:\r\nb: \t x \r\n'))
  .map(([chunks, [zeros, extension], trailers]) => {
    const whole = chunks.filter(([text]) => text !== '')
    const written = whole.map(([text, [pad, more]]) => `${pad}${text.length.toString(16)}${more}\r\n${text}\r\n`)
    return `${written.join('')}${zeros}0${extension}\r\n${trailers}\r\n`
  })
const field = fc.constantFrom(
  'X: y',
  'x-empty:',
  'Set-Cookie:\t a=b; c \t',
  'Connection: close',
  'Keep-Alive: timeout=5',
  'Content-Length: 3',
  'Transfer-Encoding: chunked',
  'transfer-encoding: Chunked',
)
const plainField = fc.constantFrom('X: y', 'x-empty:', 'Set-Cookie:\t a=b; c \t', 'Connection: close', 'é: x', "!#$%&'*+-.^_`|~: x")
const line = fc.tuple(
  fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'),
  fc.constantFrom('200', '200', '200', '204', '205', '304', '404', '599', '999', '101'),
  fc.constantFrom('', ' ', ' OK', ' Not\tThere é'),
)
const interim = fc.constantFrom('', '', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103\r\nLink: <a>\r\nContent-Length: 3\r\n\r\n')
const framed = fc.oneof(
  bodyText.map((text) => [`Content-Length: ${text.length}`, text] as const),
  chunkedBody.map((text) => ['Transfer-Encoding: chunked', text] as const),
  bodyText.map((text) => ['X-Close: yes', text] as const),
)
const answer = fc
  .tuple(
    interim,
    line,
    fc.array(fc.oneof({ weight: 6, arbitrary: plainField }, field), { maxLength: 3 }),
    framed,
    fc.constantFrom('', 'HTTP'),
  )
  .map(([before, [version, status, reason], fields, [framing, body], behind]) => {
    const head = [`${version} ${status}${reason}`, ...fields, framing].join('\r\n')
    return `${before}${head}\r\n\r\n${body}${behind}`
  })
const mutation = fc.tuple(
  fc.nat(),
  fc.nat(3),
  fc.constantFrom(
    '',
    '',
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    ' ',
    '\t',
    ':',
    ';',
    '0',
    '1',
    'f',
    'x',
    '\0',
    '\x7f',
    '\xe9',
    ', ',
    '-',
    '+',
    '\x0b',
  ),
)

it('reads and refuses what a plain reader of the whole text does, in whatever pieces it comes', () => {
  const seen = { read: 0, refused: 0 }
  fc.assert(
    fc.property(
      answer,
      fc.array(mutation, { maxLength: 3 }),
      fc.array(fc.nat(), { maxLength: 8 }),
      fc.boolean(),
      fc.boolean(),
      (valid, mutations, cuts, toHead, waits) => {
        let text = valid.replaceAll(/[^\0-\xff]/g, '?')
        for (const [where, dropped, inserted] of mutations) {
          const at = where % (text.length + 1)
          text = text.slice(0, at) + inserted + text.slice(at + dropped)
        }
        const bytes = Buffer.from(text, 'latin1')
        const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
        const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end))
        const expected = naiveReads(text, toHead)
        seen[expected === 'refused' ? 'refused' : 'read']++
        expect(parserReads(pieces, toHead, waits)).toEqual(expected)
      },
    ),
    { numRuns: 3_000 },
  )
  expect(Math.min(seen.read, seen.refused)).toBeGreaterThan(500)
})
