/** What a path or a query may not hold unencoded: controls, space, `#`, DEL and anything that is not ASCII. */
const forbidden = /[^\x21\x22\x24-\x7e]/
/** A dot segment, also one with encoded dots or with parameters: servers resolve it, some of them after they drop `;…`. */
const dotSegment = /(?:^|\/)(?:\.|%2e){1,2}(?:;[^/]*)?(?=\/|$)/i

export type QueryValue = string | number | boolean | bigint | null | undefined
export type Query = URLSearchParams | Readonly<Record<string, QueryValue | readonly QueryValue[]>>

/** Why the path cannot be sent; `undefined`: it can. The instance alone says where a request goes, and nothing in a path changes that. */
export function pathProblem(path: unknown): string | undefined {
  if (typeof path !== 'string') return 'expected a text that starts with /'
  if (!path.startsWith('/')) return 'expected a path that starts with /, and no URL: the address is that of an instance'
  if (path.startsWith('//')) return 'begins with //, which names another host; begin it with one /'
  if (path.includes('\\')) return 'holds a backslash, which some servers take for a slash; write %5C'
  if (forbidden.test(path)) return 'holds a space, a #, a control or a non-ASCII character; use encodeURIComponent'
  const mark = path.indexOf('?')
  if (dotSegment.test(mark === -1 ? path : path.slice(0, mark)))
    return 'holds the segment . or .., which could lead to another path; resolve it'
  return undefined
}

/** `path`, which may have a query of its own, with `query` added. What is `undefined` is left out. */
export function withQuery(path: string, query: Query | undefined): string {
  if (query === undefined) return path
  const text = (query instanceof URLSearchParams ? query : paramsOf(query)).toString()
  if (text === '') return path
  return `${path}${path.includes('?') ? '&' : '?'}${text}`
}

function paramsOf(query: Readonly<Record<string, QueryValue | readonly QueryValue[]>>): URLSearchParams {
  const params = new URLSearchParams()
  for (const [name, given] of Object.entries(query)) {
    for (const value of isList(given) ? given : [given]) if (value !== undefined) params.append(name, String(value))
  }
  return params
}

function isList(given: QueryValue | readonly QueryValue[]): given is readonly QueryValue[] {
  return Array.isArray(given)
}
