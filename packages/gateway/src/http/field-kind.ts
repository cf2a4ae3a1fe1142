/** What a header field is to a proxy. All that end in `-forwarded-…` or tell of proxies are believed from trusted peers only. */
export type FieldKind =
  | 'pass'
  /** Belongs to one connection, and is never passed on (RFC 9110, 7.6.1). */
  | 'hop'
  | 'connection'
  | 'host'
  | 'expect'
  | 'via'
  | 'content-length'
  | 'content-type'
  | 'x-request-id'
  | 'x-forwarded-for'
  | 'x-forwarded-proto'
  | 'x-forwarded-host'
  /** `Forwarded` and the other `X-Forwarded-*`. */
  | 'forwarded'

/** `name` in any case. Decided by the length and the first letter wherever possible: this runs for every field of every message. */
export function fieldKind(name: string): FieldKind {
  const first = name.charCodeAt(0) | 0x20
  if (first === 0x78 && name.length > 11) return extensionKind(name.toLowerCase())
  switch (name.length) {
    case 2:
      return first === 0x74 && is(name, 'te') ? 'hop' : 'pass'
    case 3:
      return first === 0x76 && is(name, 'via') ? 'via' : 'pass'
    case 4:
      return first === 0x68 && is(name, 'host') ? 'host' : 'pass'
    case 6:
      return first === 0x65 && is(name, 'expect') ? 'expect' : 'pass'
    case 7:
      return (first === 0x75 && is(name, 'upgrade')) || (first === 0x74 && is(name, 'trailer')) ? 'hop' : 'pass'
    case 9:
      return first === 0x66 && is(name, 'forwarded') ? 'forwarded' : 'pass'
    case 10:
      if (first === 0x63 && is(name, 'connection')) return 'connection'
      return first === 0x6b && is(name, 'keep-alive') ? 'hop' : 'pass'
    case 12:
      return first === 0x63 && is(name, 'content-type') ? 'content-type' : 'pass'
    case 14:
      if (first === 0x63 && is(name, 'content-length')) return 'content-length'
      return first === 0x68 && is(name, 'http2-settings') ? 'hop' : 'pass'
    case 16:
      return first === 0x70 && is(name, 'proxy-connection') ? 'hop' : 'pass'
    case 17:
      return first === 0x74 && is(name, 'transfer-encoding') ? 'hop' : 'pass'
    case 18:
      return first === 0x70 && is(name, 'proxy-authenticate') ? 'hop' : 'pass'
    case 19:
      return first === 0x70 && is(name, 'proxy-authorization') ? 'hop' : 'pass'
    default:
      return 'pass'
  }
}

function extensionKind(name: string): FieldKind {
  if (name === 'x-request-id' || name === 'x-forwarded-for' || name === 'x-forwarded-proto' || name === 'x-forwarded-host') return name
  return name.startsWith('x-forwarded-') ? 'forwarded' : 'pass'
}

function is(name: string, lowerCase: string): boolean {
  return name === lowerCase || name.toLowerCase() === lowerCase
}
