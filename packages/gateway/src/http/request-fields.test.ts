import { describe, expect, it } from 'vitest'
import { checkFields, hasUnderscoredName, maxFields } from './request-fields.js'

const fields = (text: string) => text.split('|').flatMap((field) => field.split(':'))
const bad = 'INVALID_REQUEST'

describe('checkFields', () => {
  it.each([
    { text: 'Host:a.example', host: 'a.example' },
    { text: 'X:1|hOST:a|Content-Length:12|Content-Type:t/t|Authorization:x', host: 'a' },
    { text: 'Host:a|Transfer-Encoding:Chunked', host: 'a' },
    { text: 'Host:a|Content-Length:9007199254740991', host: 'a' },
  ])('$text is well-formed', ({ text, host }) => {
    expect(checkFields(fields(text), '1.1')).toBe(host)
  })

  it.each([
    { text: 'X:1', code: bad },
    { text: 'Host:', code: bad },
    { text: 'Host:u@a', code: bad },
    { text: 'Host:a|Host:a', code: bad },
    { text: 'Host:a|Content-Length:1|content-length:1', code: bad },
    { text: 'Host:a|Content-Length:1, 1', code: bad },
    { text: 'Host:a|Content-Length:', code: bad },
    { text: 'Host:a|Content-Length:9007199254740992', code: bad },
    { text: 'Host:a|Content-Length:00000000000000001', code: bad },
    { text: 'Host:a|Content-Type:a|content-type:a', code: bad },
    { text: 'Host:a|Authorization:a|AUTHORIZATION:a', code: bad },
    { text: 'Host:a|Content-Length:0|Transfer-Encoding:chunked', code: bad },
    { text: 'Host:a|Transfer-Encoding:|Content-Length:0', code: bad },
    { text: 'Host:a|Transfer-Encoding:', code: 'NOT_IMPLEMENTED' },
    { text: 'Host:a|Transfer-Encoding:gzip, chunked', code: 'NOT_IMPLEMENTED' },
    { text: 'Host:a|Transfer-Encoding:chunked|Transfer-Encoding:chunked', code: 'NOT_IMPLEMENTED' },
  ])('$text: $code', ({ text, code }) => {
    expect(checkFields(fields(text), '1.1')).toMatchObject({ code })
  })

  it('knows no other versions, and no chunks in HTTP/1.0', () => {
    for (const version of ['0.9', '1.2', '2.0']) expect(checkFields(['Host', 'a'], version)).toMatchObject({ code: bad })
    expect(checkFields(['Transfer-Encoding', 'chunked'], '1.0')).toMatchObject({ code: bad })
  })

  it('asks for a Host only where HTTP/1.1 does', () => {
    expect(checkFields([], '1.0')).toBe('')
    expect(checkFields([], undefined)).toBe('')
    expect(checkFields(['Host', 'a b'], undefined)).toMatchObject({ code: bad })
  })

  it('refuses more fields than Node shows', () => {
    const many = (count: number) => ['Host', 'a', ...Array.from({ length: count - 1 }, () => ['X', '1']).flat()]
    expect(checkFields(many(maxFields), '1.1')).toBe('a')
    expect(checkFields(many(maxFields + 1), '1.1')).toMatchObject({ code: 'HEADERS_TOO_LARGE' })
  })
})

describe('hasUnderscoredName', () => {
  it('looks at names, not at values', () => {
    expect(hasUnderscoredName(['X-A', 'b_c'])).toBe(false)
    expect(hasUnderscoredName(['X-A', '1', 'x_a', '2'])).toBe(true)
  })
})
