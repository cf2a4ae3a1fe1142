import { describe, expect, it } from 'vitest'
import { closing, overTheWire } from './wire.js'

const head = 'HTTP/1.1 200 OK\r\n'
const length = 'Content-Length: 2\r\n\r\nok'
const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`

describe('a head that is malformed', () => {
  it.each([
    { what: 'a space in a name', answer: `${head}X Y: 1\r\n${length}` },
    { what: 'an empty name', answer: `${head}: 1\r\n${length}` },
    { what: 'a name above ASCII', answer: `${head}X\xe9: 1\r\n${length}` },
    { what: 'a line without a colon', answer: `${head}nothing\r\n${length}` },
    { what: 'a fold before the first field', answer: `${head} X: 1\r\n${length}` },
    { what: 'a bare LF after a field', answer: `${head}X: 1\n${length}` },
    { what: 'bare LFs only', answer: 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok' },
    { what: 'a line break in the reason', answer: `HTTP/1.1 200 O\nX: y\r\n${length}` },
    { what: 'a bare CR in the reason', answer: `HTTP/1.1 200 O\rK\r\n${length}` },
    { what: 'a length with +', answer: `${head}Content-Length: +2\r\n\r\nok` },
    { what: 'a length in hexadecimal digits', answer: `${head}Content-Length: 0x2\r\n\r\nok` },
    { what: 'a length in two words', answer: `${head}Content-Length: 2 2\r\n\r\nok` },
    { what: 'an empty length', answer: `${head}Content-Length:\r\n\r\nok` },
    { what: 'a length beyond 64 bits', answer: `${head}Content-Length: 99999999999999999999999\r\n\r\nok` },
    { what: 'a status of four digits', answer: `HTTP/1.1 1000 X\r\n${length}` },
    { what: 'a status with letters', answer: `HTTP/1.1 2xx X\r\n${length}` },
    { what: 'a status below 100', answer: `HTTP/1.1 099 X\r\n${length}` },
    { what: 'HTTP/1.2', answer: `HTTP/1.2 200 OK\r\n${length}` },
    { what: 'http/1.1', answer: `http/1.1 200 OK\r\n${length}` },
    { what: 'ICY', answer: `ICY 200 OK\r\n${length}` },
  ])('is 502, and nothing of it is passed on: $what', async ({ answer }) => {
    const { got } = await overTheWire(closing(), { answer, ends: true })
    expect(got).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n[^]*"code":"UPSTREAM_/)
    expect(got).not.toMatch(/^x[^-]/im)
  })
})

describe('a chunked body that is malformed', () => {
  it.each([
    { what: 'a size with 0x', body: '0x2\r\nok\r\n0\r\n\r\n' },
    { what: 'a negative size', body: '-2\r\nok\r\n0\r\n\r\n' },
    { what: 'a space before the size', body: ' 2\r\nok\r\n0\r\n\r\n' },
    { what: 'a space after the size', body: '2 \r\nok\r\n0\r\n\r\n' },
    { what: 'a size beyond 64 bits', body: '10000000000000002\r\nok\r\n0\r\n\r\n' },
    { what: 'no size', body: '\r\nok\r\n0\r\n\r\n' },
    { what: 'bare LFs', body: '2\nok\n0\n\n' },
    { what: 'a bare LF in an extension', body: '2;a\nx\r\nok\r\n0\r\n\r\n' },
    { what: 'more data than the size says', body: '2\r\nokk\r\n0\r\n\r\n' },
    { what: 'no end of line after the data', body: '2\r\nokXX0\r\n\r\n' },
    { what: 'a space in the name of a trailer', body: '2\r\nok\r\n0\r\nX Y: 1\r\n\r\n' },
    { what: 'a folded trailer', body: '2\r\nok\r\n0\r\nX: 1\r\n 2\r\n\r\n' },
    { what: 'framing in the trailers', body: '2\r\nok\r\n0\r\nContent-Length: 5\r\n\r\n' },
  ])('never comes to its end: $what', async ({ body }) => {
    const { got } = await overTheWire(closing('TE: trailers\r\n'), { answer: chunked + body, ends: true })
    expect(got).toMatch(/^(?:HTTP\/1\.1 (?:200 OK\r\n[^]*transfer-encoding: chunked|502 )|$)/i) // a reset may overtake the head
    expect(got).not.toMatch(/(?:^|\n)0\r\n(?:.*\r\n)*\r\n$/)
  })
})
