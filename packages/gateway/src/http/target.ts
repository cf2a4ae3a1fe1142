import { isIPv6 } from 'node:net'

/** A request target in its one canonical form: matching, limits, keys, logs and forwarding all read this and nothing else. */
export interface RequestTarget {
  readonly kind: 'target'
  /** Absolute, canonical, without the query; `*` for a request about the server as a whole, which only OPTIONS can make. */
  readonly path: string
  /** As it was sent, with its `?`; empty when there is none. */
  readonly query: string
  /** From an absolute-form target, and then it wins over `Host` (RFC 9112, 3.2.2); otherwise `undefined`. */
  readonly authority: string | undefined
}

/** Why a request cannot go on: what to answer, with a stable code and a sentence for the client. */
export interface TargetRefusal {
  readonly kind: 'refused'
  readonly status: 400 | 501
  readonly detail: string
}

const invalid = (detail: string): TargetRefusal => Object.freeze({ kind: 'refused', status: 400, detail })

const unsupportedMethod: TargetRefusal = Object.freeze({
  kind: 'refused',
  status: 501,
  detail: 'CONNECT and TRACE are not served.',
})
const unknownForm = invalid('The request target is neither a path nor an http or https URL.')
const badAuthority = invalid('The authority of the request target is not a host with an optional port.')
const badCharacter = invalid('The request target holds a character that must be percent-encoded.')
const rawBackslash = invalid('The path holds a backslash.')
const badEscape = invalid('The path holds a % that two hexadecimal digits do not follow.')
/** The one refusal that a route may lift; see `encodedSlashesRead`. */
export const encodedSlash = invalid('The path holds an encoded slash.')
const encodedSeparator = invalid('The path holds an encoded backslash or NUL.')
const hiddenDots = invalid('The path holds a disguised dot segment.')

/** What a path or a query may not hold unencoded: controls, space, `#`, DEL and anything that is not ASCII. */
const forbidden = /[^\x21\x22\x24-\x7e]/
/**
 * Whatever may keep a path from being canonical as it stands. The look-ahead lists the escapes that are: in upper case, and of nothing
 * unreserved (2D, 2E, 30-39, 41-5A, 5F, 61-7A, 7E), nor of NUL, `/` or `\\` (00, 2F, 5C). A segment that begins with a dot may be harmless.
 */
const suspicious = /[^\x21\x22\x24-\x5b\x5d-\x7e]|\/[/.]|%(?!0[1-9A-F]|1[0-9A-F]|2[0-9A-C]|3[A-F]|40|5[BDE]|60|7[BCDF]|[89A-F][0-9A-F])/
/** A dot segment, also one that carries parameters: some servers drop `;…`, encoded or not, before they resolve the dots. */
const dotSegment = /^\.\.?(?:;|%3B|$)/
const absoluteForm = /^https?:\/\/([^/?]*)(.*)$/i
const authorityForm =
  /^(?:(?:[\w.~!$&'()*+,;=-]|%[0-9a-f]{2})+|\[([0-9a-f:.]+)\])(?::(?:[0-5]?\d{0,4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]))?$/i

/** From the two digits of an escape, in any case, to its normal form: the unreserved character itself, or the escape in upper case. */
const normalEscapes = listEscapes()

/**
 * Parses the target of a request line (RFC 9112, 3.2). `method` is in upper case.
 *
 * Never throws; refusals are shared constants, so a flood of bad requests allocates nothing here. With `keepsSlashes` an encoded slash
 * stays in the path as `%2F`, and is no reason to refuse it.
 */
export function parseTarget(method: string, rawTarget: string, keepsSlashes = false): RequestTarget | TargetRefusal {
  if (method === 'CONNECT' || method === 'TRACE') return unsupportedMethod
  if (rawTarget.charCodeAt(0) === 47) return parseOrigin(rawTarget, undefined, keepsSlashes)
  if (rawTarget === '*') return method === 'OPTIONS' ? { kind: 'target', path: '*', query: '', authority: undefined } : unknownForm
  return parseAbsolute(method, rawTarget, keepsSlashes)
}

/**
 * The canonical form of an absolute path: unreserved characters decoded, escapes in upper case, slashes merged, dot segments removed, all
 * of it once (RFC 3986, 6.2.2). A trailing slash is neither added nor removed.
 */
export function canonicalPath(rawPath: string, keepsSlashes = false): string | TargetRefusal {
  return suspicious.test(rawPath) ? normalise(rawPath, keepsSlashes) : rawPath
}

/** A canonical path as a service reads it that takes `%2F` for a slash. */
export function encodedSlashesRead(path: string): string | TargetRefusal {
  return canonicalPath(path.replaceAll('%2F', '/'))
}

/** Whether `text` is a host with an optional port, as `Host` must hold it: no userinfo, no path, not empty (RFC 9110, 7.2). */
export function isAuthority(text: string): boolean {
  if (text.charCodeAt(0) !== 91) return authorityForm.test(text)
  const literal = authorityForm.exec(text)?.[1]
  return literal !== undefined && isIPv6(literal)
}

function parseOrigin(target: string, authority: string | undefined, keepsSlashes: boolean): RequestTarget | TargetRefusal {
  const mark = target.indexOf('?')
  const query = mark === -1 ? '' : target.slice(mark)
  if (mark !== -1 && forbidden.test(query)) return badCharacter
  const path = canonicalPath(mark === -1 ? target : target.slice(0, mark), keepsSlashes)
  return typeof path === 'string' ? { kind: 'target', path, query, authority } : path
}

function parseAbsolute(method: string, target: string, keepsSlashes: boolean): RequestTarget | TargetRefusal {
  if (forbidden.test(target)) return badCharacter
  const match = absoluteForm.exec(target)
  if (match === null) return unknownForm
  const [, authority = '', rest = ''] = match
  if (!isAuthority(authority)) return badAuthority
  // An OPTIONS without path and query is about the server as a whole (RFC 9112, 3.2.4).
  if (rest === '') return { kind: 'target', path: method === 'OPTIONS' ? '*' : '/', query: '', authority }
  return parseOrigin(rest.startsWith('/') ? rest : `/${rest}`, authority, keepsSlashes)
}

function normalise(path: string, keepsSlashes: boolean): string | TargetRefusal {
  if (forbidden.test(path)) return badCharacter
  if (path.includes('\\')) return rawBackslash
  const segments = path.split('/')
  const kept: string[] = []
  let endsInSlash = false
  for (let i = 1; i < segments.length; i++) {
    const raw = segments[i] as string
    const segment = raw.includes('%') ? normaliseEscapes(raw, keepsSlashes) : raw
    if (typeof segment !== 'string') return segment
    if (keepsSlashes && segment.includes('%2F') && segment.split('%2F').some((part) => dotSegment.test(part))) return hiddenDots
    endsInSlash = segment === '' || segment === '.' || segment === '..'
    if (!endsInSlash && !dotSegment.test(segment)) kept.push(segment)
    else if (segment !== raw || !endsInSlash) return hiddenDots
    else if (segment === '..') kept.pop()
  }
  return endsInSlash && kept.length > 0 ? `/${kept.join('/')}/` : `/${kept.join('/')}`
}

function normaliseEscapes(segment: string, keepsSlashes: boolean): string | TargetRefusal {
  let text = ''
  let from = 0
  for (let at = segment.indexOf('%'); at !== -1; at = segment.indexOf('%', from)) {
    const escape = normalEscapes.get(segment.slice(at + 1, at + 3))
    if (escape === undefined) return badEscape
    if (escape === '%2F' && !keepsSlashes) return encodedSlash
    if (escape === '%5C' || escape === '%00') return encodedSeparator
    text += segment.slice(from, at) + escape
    from = at + 3
  }
  return text + segment.slice(from)
}

function listEscapes(): ReadonlyMap<string, string> {
  const escapes = new Map<string, string>()
  const digits = '0123456789abcdefABCDEF'
  for (const high of digits) {
    for (const low of digits) {
      const character = String.fromCharCode(Number.parseInt(high + low, 16))
      escapes.set(high + low, /[A-Za-z0-9\-._~]/.test(character) ? character : `%${high}${low}`.toUpperCase())
    }
  }
  return escapes
}
