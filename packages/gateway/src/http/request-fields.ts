import { isAuthority } from './target.js'

/** What is wrong with the fields of a request: what to answer, with a sentence for the client. */
export interface FieldsRefusal {
  readonly code: 'INVALID_REQUEST' | 'EXPECTATION_FAILED' | 'NOT_IMPLEMENTED' | 'HEADERS_TOO_LARGE'
  readonly detail: string
}

const refusal = (code: FieldsRefusal['code'], detail: string): FieldsRefusal => Object.freeze({ code, detail })
const invalid = (detail: string): FieldsRefusal => refusal('INVALID_REQUEST', detail)

/**
 * More fields than this are refused. Node's parser drops, unsaid, those that come after the thousandth (`maxHeadersCount`), and a field
 * that cannot be seen cannot be checked: it might be a second `Host`.
 */
export const maxFields = 999

const tooMany = refusal('HEADERS_TOO_LARGE', `The request has more than ${maxFields} header fields.`)
const badVersion = invalid('Only HTTP/1.0 and HTTP/1.1 are served here.')
const noHost = invalid('A request of HTTP/1.1 must have a Host.')
const badHost = invalid('The Host is not a host with an optional port.')
const twice = (name: string): FieldsRefusal => invalid(`The request has more than one ${name}.`)
const twoHosts = twice('Host')
const twoLengths = twice('Content-Length')
const twoTypes = twice('Content-Type')
const twoCredentials = twice('Authorization')
const badLength = invalid('The Content-Length is not a number of bytes.')
const twoFramings = invalid('The request has both Transfer-Encoding and Content-Length.')
const oldFraming = invalid('Transfer-Encoding does not exist in HTTP/1.0.')
const unknownExpectation = refusal('EXPECTATION_FAILED', 'The only expectation that is served is 100-continue.')
const unknownCoding = refusal('NOT_IMPLEMENTED', 'The only transfer coding that is served is chunked.')

const digits = /^\d{1,16}$/

/**
 * Checks what decides where a request goes and where it ends, in one pass: one valid `Host` (RFC 9112, 3.2), one way of framing (6.1, 6.3),
 * and no second value of fields of which two readers could take different ones. Node's parser lets most of it through.
 *
 * The host comes back, empty where there is none. `httpVersion` is `undefined` for a request that never was on a wire. Never throws;
 * refusals are shared constants.
 */
export function checkFields(raw: readonly string[], httpVersion: string | undefined): string | FieldsRefusal {
  if (raw.length > 2 * maxFields) return tooMany
  let host: string | undefined
  let length: string | undefined
  let coding: string | undefined
  let hasType = false
  let hasCredentials = false
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    switch (name.length) {
      case 4:
        if (!is(name, 'host')) break
        if (host !== undefined) return twoHosts
        host = raw[i + 1]
        break
      case 6: // HTTP/1.0 knows no expectations (RFC 9110, 10.1.1)
        if (is(name, 'expect') && httpVersion !== '1.0' && !is(raw[i + 1] as string, '100-continue')) return unknownExpectation
        break
      case 12:
        if (!is(name, 'content-type')) break
        if (hasType) return twoTypes
        hasType = true
        break
      case 13:
        if (!is(name, 'authorization')) break
        if (hasCredentials) return twoCredentials
        hasCredentials = true
        break
      case 14:
        if (!is(name, 'content-length')) break
        if (length !== undefined) return twoLengths
        length = raw[i + 1]
        break
      case 17:
        if (is(name, 'transfer-encoding')) coding = coding === undefined ? raw[i + 1] : `${coding}, ${raw[i + 1]}`
    }
  }
  if (httpVersion !== '1.1' && httpVersion !== '1.0' && httpVersion !== undefined) return badVersion
  if (length !== undefined && !(digits.test(length) && Number(length) <= Number.MAX_SAFE_INTEGER)) return badLength
  if (coding !== undefined) {
    if (length !== undefined) return twoFramings
    if (httpVersion === '1.0') return oldFraming
    if (coding.toLowerCase() !== 'chunked') return unknownCoding
  }
  if (host === undefined) return httpVersion === '1.1' ? noHost : ''
  return isAuthority(host) ? host : badHost
}

/** Whether a field's name holds `_`, which many servers take for `-`: two names, one meaning. */
export function hasUnderscoredName(raw: readonly string[]): boolean {
  for (let i = 0; i < raw.length; i += 2) if ((raw[i] as string).includes('_')) return true
  return false
}

function is(name: string, lowerCase: string): boolean {
  const first = name.charCodeAt(0) | 0x20
  return first === lowerCase.charCodeAt(0) && (name === lowerCase || name.toLowerCase() === lowerCase)
}
