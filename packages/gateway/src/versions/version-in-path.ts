import { parsePattern } from '../routing/pattern.js'
import { versionShape } from './version-shape.js'

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

/**
 * The version that a path names in the segment after `prefix`, or, where no prefix is known, in the first segment that is a version; of `versions`,
 * or one that is none of them and looks like one all the same.
 */
export function versionInPath(path: string, prefix: string | undefined, versions: object): string | undefined {
  if (prefix === undefined) {
    const segments = path.split('/')
    return segments.find((segment) => Object.hasOwn(versions, segment)) ?? segments.find((segment) => versionShape.test(segment))
  }
  if (!path.startsWith(prefix) || path.charCodeAt(prefix.length) !== slash) return undefined
  const start = prefix.length + 1
  const end = path.indexOf('/', start)
  const segment = end === -1 ? path.slice(start) : path.slice(start, end)
  return Object.hasOwn(versions, segment) || versionShape.test(segment) ? segment : undefined
}

/**
 * A canonical path without the segment that names one of `versions`; the same path where none does. What is left is canonical, too, and no
 * other segment moves: `/api/users/v2/7` becomes `/api/users/7`, `/v2` becomes `/`.
 */
export function withoutVersion(path: string, prefix: string | undefined, versions: object): string {
  const version = versionInPath(path, prefix, versions)
  if (version === undefined || !Object.hasOwn(versions, version)) return path
  const start = prefix === undefined ? `${path}/`.indexOf(`/${version}/`) : prefix.length
  const rest = path.slice(0, start) + path.slice(start + 1 + version.length)
  return rest === '' ? '/' : rest
}

const slash = 47
