import type { RequestTarget } from './target.js'

interface Prefixes {
  readonly stripPrefix: string
  readonly addPrefix: string
}

/** Path and query as the instance gets them: prefix off, prefix on, query unchanged. Prefixes match whole segments. */
export function upstreamTarget({ path, query }: RequestTarget, { stripPrefix, addPrefix }: Prefixes): string {
  const rest = stripPrefix !== '' && liesBelow(path, stripPrefix) ? path.slice(stripPrefix.length) : path
  const rewritten = addPrefix + rest
  if (rewritten === '') return `/${query}`
  return query === '' ? rewritten : rewritten + query
}

function liesBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 47)
}
