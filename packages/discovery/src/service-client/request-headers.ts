import { type ConfigProblem, show } from '@hazeljs/core'

/** A value that is an array is sent as several fields; what is `undefined` is left out. */
export type RequestHeaders = Readonly<Record<string, string | number | readonly string[] | undefined>>

/** What JSON clients ask for: other types are taken, too. No encoding is asked for, so that bodies come as they are. */
export const defaultAccept = 'application/json, */*;q=0.8'

/** A name (RFC 9110, 5.6.2). */
const token = /^[!#$%&'*+.^_`|~\w-]+$/
/** A control character would end the field and begin another, or the body: RFC 9110, 5.5. Only tabs are let through. */
// eslint-disable-next-line no-control-regex -- those are what it looks for
const unsendable = /[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]/
/** Where a request goes and how it is framed is the client's to say. */
const ownFields = new Set([
  'host',
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What is wrong with the headers, by name; never a value, which may be a secret. */
export function headerProblems(headers: unknown): readonly ConfigProblem[] {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    return [{ path: '', message: `expected an object with headers, got ${show(headers)}` }]
  }
  return Object.entries(headers).flatMap(([name, value]) => {
    const message = headerProblem(name, value)
    return message === undefined ? [] : [{ path: name, message }]
  })
}

function headerProblem(name: string, value: unknown): string | undefined {
  if (!token.test(name)) return 'is no name of a header'
  if (ownFields.has(name.toLowerCase())) return 'is set by the client'
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  for (const one of values) {
    if (one === undefined && !Array.isArray(value)) continue
    if (typeof one !== 'string' && typeof one !== 'number') return 'expected a text, a number or an array of texts'
    if (unsendable.test(String(one))) return 'holds a line break, another control character, or one beyond Latin-1'
  }
  return undefined
}

/** As the HTTP client takes them: name, value, name, value. Of two with one name, in any case, the later replaces the earlier. */
export function headerList(...sources: readonly (RequestHeaders | undefined)[]): {
  readonly list: string[]
  readonly names: ReadonlySet<string>
} {
  const fields = new Map<string, readonly [name: string, value: string | number | readonly string[]]>()
  for (const source of sources) {
    if (source === undefined) continue
    for (const name of Object.keys(source)) {
      const value = source[name]
      if (value !== undefined) fields.set(name.toLowerCase(), [name, value])
    }
  }
  const list: string[] = []
  for (const [name, value] of fields.values()) {
    if (typeof value !== 'object') list.push(name, String(value))
    else for (const one of value) list.push(name, one)
  }
  return { list, names: new Set(fields.keys()) }
}
