import type { ResolvedMirror } from '../config/mirror-config.js'

/** Fields of the request's connection and length, and the host, which is another one. */
const ofTheOriginal = ['host', 'content-length', 'expect', 'x-shadow']

/** Fields that carry credentials, by their standards or by custom. Query parameters that do are not looked for. */
const credentials = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
  'api-key',
  'x-auth-token',
  'x-access-token',
  'x-forwarded-access-token',
  'x-amz-security-token',
  'x-csrf-token',
  'x-xsrf-token',
]

/** The fields of a copy, made of those that the request's instance gets. */
export type MirrorHead = (upstreamHeaders: readonly string[]) => string[]

/** A copy goes without credentials and says what it is; the route's edits have the last word. */
export function mirrorHead({
  headers: { set = {}, remove = [] },
  keepCredentials,
}: Pick<ResolvedMirror, 'headers' | 'keepCredentials'>): MirrorHead {
  const added = Object.entries(set)
  const dropped = new Set([
    ...ofTheOriginal,
    ...(keepCredentials ? [] : credentials),
    ...[...remove, ...added.map(([name]) => name)].map((name) => name.toLowerCase()),
  ])
  const isMarked = added.some(([name]) => name.toLowerCase() === 'x-shadow') || remove.some((name) => name.toLowerCase() === 'x-shadow')
  const first = [...(isMarked ? [] : ['X-Shadow', '1']), ...added.flat()]
  return (upstreamHeaders) => {
    const head = [...first]
    for (let i = 0; i < upstreamHeaders.length; i += 2) {
      const name = upstreamHeaders[i] as string
      if (!dropped.has(name.toLowerCase())) head.push(name, upstreamHeaders[i + 1] as string)
    }
    return head
  }
}
