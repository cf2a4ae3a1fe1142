import { describe, expect, it } from 'vitest'
import { fieldLines, fieldValues } from './raw-http.js'
import { closing, ok, overTheWire } from './wire.js'

/*
 * Rules that do not hold yet: each of these tests fails, and says so. One that begins to pass breaks the build, and moves to where the rules
 * that hold are tested. No other test of the gateway may be one that is expected to fail; `docs/conformance.md` counts on it.
 */

const head = 'HTTP/1.1 200 OK\r\n'
const lineOf = (text: string) => text.split('\r\n', 1)[0] as string

describe('an answer', () => {
  // Fields of an answer are passed on without a look at its status.
  it.fails('of 204 has no Content-Length, whatever the service says', async () => {
    const { got } = await overTheWire(closing(), { answer: 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n' })
    expect(lineOf(got)).toBe('HTTP/1.1 204 No Content')
    expect(fieldValues(fieldLines(got), 'content-length')).toEqual([])
  })

  it.each(['gzip', 'gzip, chunked', 'x'])('in a transfer coding that nobody asked for is 502 (%s)', async (coding) => {
    const answer = `${head}Transfer-Encoding: ${coding}\r\n\r\n2\r\nok\r\n0\r\n\r\n`
    const { got } = await overTheWire(closing(), { answer, ends: true })
    expect(lineOf(got)).toBe('HTTP/1.1 502 Bad Gateway')
  })

  it('may have a 100 before it that nobody asked for', async () => {
    const { got } = await overTheWire(closing(), { answer: `HTTP/1.1 100 Continue\r\n\r\n${ok}` })
    expect(got).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/)
  })

  // Upgrade is dropped from every answer but 101.
  it.fails('of 426 says in Upgrade what it asks for', async () => {
    const answer = 'HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n'
    const { got } = await overTheWire(closing(), { answer })
    expect(fieldValues(fieldLines(got), 'upgrade')).toEqual(['websocket'])
  })
})

describe('Via', () => {
  // The entry is made once, with the version 1.1.
  it.fails('has the version of the message that came (request)', async () => {
    const { sent } = await overTheWire('GET / HTTP/1.0\r\n\r\n', { config: { pseudonym: 'gw' } })
    expect(fieldValues(fieldLines(sent), 'via')).toEqual(['1.0 gw'])
  })

  it.fails('has the version of the message that came (answer)', async () => {
    const { got } = await overTheWire(closing(), { answer: ok.replace('1.1', '1.0'), ends: true, config: { pseudonym: 'gw' } })
    expect(fieldValues(fieldLines(got), 'via')).toEqual(['1.0 gw'])
  })
})

describe('Expect', () => {
  it('of another kind than 100-continue is refused with a problem', async () => {
    const { got } = await overTheWire(closing('Expect: 200-ok\r\n'))
    expect(lineOf(got)).toBe('HTTP/1.1 417 Expectation Failed')
    expect(fieldValues(fieldLines(got), 'content-type')).toEqual(['application/problem+json'])
  })
})
