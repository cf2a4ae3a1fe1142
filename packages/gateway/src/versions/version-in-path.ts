import { parsePattern } from '../routing/pattern.js'

/** The literal start of a route's path, after which the version's segment stands: `/api/users` for `/api/users/**`. */
export function uriPrefix(path: string): string {
  const pattern = parsePattern(path)
  if (pattern.kind === 'problem') return ''
  let prefix = ''
  for (const segment of pattern.segments) {
    if (segment.kind !== 'literal') break
    prefix += `/${segment.text}`
  }
  return prefix
}

/** The version that a path names in the segment after `prefix`, or, where no prefix is known, in the first segment that is a version. */
export function versionInPath(path: string, prefix: string | undefined, versions: object): string | undefined {
  if (prefix === undefined) return path.split('/').find((segment) => Object.hasOwn(versions, segment))
  if (!path.startsWith(prefix) || path.charCodeAt(prefix.length) !== slash) return undefined
  const start = prefix.length + 1
  const end = path.indexOf('/', start)
  const segment = end === -1 ? path.slice(start) : path.slice(start, end)
  return Object.hasOwn(versions, segment) ? segment : undefined
}

const slash = 47
