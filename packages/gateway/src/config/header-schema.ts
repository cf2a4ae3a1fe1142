import type { ZodType } from 'zod'
import { type Fields, isObject, type Loose, type Report } from './fields.js'
import type { HeaderEdits } from './header-edits.js'

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const fieldValue = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/

/** Fields that frame a message or belong to one connection (RFC 9110, 7.6.1): the gateway writes them itself. */
const framing: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** A field name, which is a token (RFC 9110, 5.1 and 5.6.2), as other names in fields are. */
export function headerName(fields: Fields, expected = 'a header name, such as X-API-Version'): ZodType {
  return fields.where(expected, (value) => typeof value === 'string' && token.test(value))
}

/** A field value of RFC 9110, 5.5: no control characters, no spaces around it. */
export function headerValue(fields: Fields): ZodType {
  return fields.where(
    'a header value: printable text without line breaks or spaces around it',
    (value) => typeof value === 'string' && fieldValue.test(value),
  )
}

/** A rule for options that hold header edits: names are names, none is given twice, none frames the message. */
export function checkHeaderEdits({ set, remove }: Loose<HeaderEdits>, report: Report): void {
  const names = new Map<string, string>()
  for (const name of isObject(set) ? Object.keys(set) : []) {
    if (!token.test(name)) report(['set', name], 'expected a header name, such as X-API-Version')
    checkName(name, 'set', ['set', name], names, report)
  }
  if (!Array.isArray(remove)) return
  for (const [index, name] of remove.entries()) if (typeof name === 'string') checkName(name, 'remove', ['remove', index], names, report)
}

function checkName(name: string, place: string, path: readonly PropertyKey[], seen: Map<string, string>, report: Report): void {
  const lower = name.toLowerCase()
  if (framing.has(lower)) report(path, `${name} frames the message: the gateway writes it itself`)
  const earlier = seen.get(lower)
  if (earlier !== undefined) report(path, `${name} is given already, in ${earlier}; header names have no case`)
  seen.set(lower, place)
}
