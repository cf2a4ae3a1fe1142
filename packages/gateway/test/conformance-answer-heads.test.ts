import { describe, expect, it } from 'vitest'
import { fieldLines, fieldValues } from './raw-http.js'
import { closing, ok, overTheWire } from './wire.js'

const head = 'HTTP/1.1 200 OK\r\n'
const lineOf = (text: string) => text.split('\r\n', 1)[0] as string

describe('an answer', () => {
  it('of 204 has no Content-Length, whatever the service says', async () => {
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

  it.each(['HTTP/2.0', 'HTTP/0.9', 'RTSP/1.0'])('of another protocol than HTTP/1 is 502 (%s)', async (version) => {
    const { got } = await overTheWire(closing(), { answer: `${version} 200 OK\r\nContent-Length: 2\r\n\r\nok`, ends: true })
    expect(lineOf(got)).toBe('HTTP/1.1 502 Bad Gateway')
  })

  it('has no white space around its values', async () => {
    const { got } = await overTheWire(closing(), { answer: `${head}X-A: \t a \t \r\nContent-Length: 2\r\n\r\nok` })
    expect(got).toContain('\r\nX-A: a\r\n')
  })
})

describe('Via', () => {
  it('has the version of the message that came (request)', async () => {
    const { sent } = await overTheWire('GET / HTTP/1.0\r\n\r\n', { config: { pseudonym: 'gw' } })
    expect(fieldValues(fieldLines(sent), 'via')).toEqual(['1.0 gw'])
  })

  it('has the version of the message that came (answer)', async () => {
    const { got } = await overTheWire(closing(), { answer: ok.replace('1.1', '1.0'), ends: true, config: { pseudonym: 'gw' } })
    expect(fieldValues(fieldLines(got), 'via')).toEqual(['1.0 gw'])
  })
})
