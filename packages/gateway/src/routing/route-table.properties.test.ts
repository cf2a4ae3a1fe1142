import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RouteTable } from './route-table.js'

interface Route {
  readonly path: string
  readonly methods: readonly string[] | undefined
}

const methods = ['DELETE', 'GET', 'HEAD', 'POST']
const part = fc.constantFrom('a', 'b', 'ab', 'a%2C', 'a:b', '*', ':x', ':y')
const routePath = fc
  .tuple(fc.uniqueArray(part, { maxLength: 4, selector: (text) => (text.startsWith(':') ? text : {}) }), fc.constantFrom('', '/', '/**'))
  .map(([parts, end]) => `${parts.map((text) => `/${text}`).join('')}${end}` || '/')
const route: fc.Arbitrary<Route> = fc.record({
  path: routePath,
  methods: fc.option(fc.uniqueArray(fc.constantFrom(...methods), { minLength: 1 }), { nil: undefined }),
})
const requestPath = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', 'ab', 'abc', 'a%2C', 'a:b', 'a,', 'x'), { maxLength: 5 }), fc.constantFrom('', '/'))
  .map(([parts, end]) => `${parts.map((text) => `/${text}`).join('')}${end}` || '/')

/** The definition, spelled out: every route is tried, and the best rank from the left wins. */
function reference(routes: readonly Route[], method: string, path: string) {
  const matching = routes
    .map((one, index) => ({ index, rank: rankOf(one.path, path), allows: allows(one, method) }))
    .filter(({ rank }) => rank !== undefined)
  if (matching.length === 0) return 'not-found'
  const serving = matching.filter(({ allows }) => allows > 0)
  if (serving.length === 0) return methods.filter((one) => matching.some(({ index }) => allows(routes[index] as Route, one) > 0))
  return serving.reduce((best, one) => (compare(one, best) < 0 ? one : best)).index
}

/** 0 literal, 1 any segment, 2 the rest; `undefined` when the path does not match. */
function rankOf(pattern: string, path: string): string | undefined {
  const parts = pattern.split('/').slice(1)
  const segments = path.split('/').slice(1)
  let rank = ''
  for (const [index, text] of parts.entries()) {
    if (text === '**') return `${rank}2`
    const segment = segments[index]
    const isOne = text === '*' || text.startsWith(':')
    if (segment === undefined || (isOne ? segment === '' : segment !== text)) return undefined
    rank += isOne ? '1' : '0'
  }
  return parts.length === segments.length ? rank : undefined
}

/** 2 by its own name, 1 as part of all methods or of GET, 0 not at all. */
function allows({ methods: own }: Route, method: string): number {
  if (own === undefined) return 1
  if (own.includes(method)) return 2
  return method === 'HEAD' && own.includes('GET') ? 1 : 0
}

function compare(a: { rank: string | undefined; allows: number }, b: { rank: string | undefined; allows: number }): number {
  if (a.rank === b.rank) return b.allows - a.allows
  return String(a.rank) < String(b.rank) ? -1 : 1
}

const shapeOf = (path: string) => path.replaceAll(/:\w+(?=\/|$)/g, (text, at: number) => (path[at - 1] === '/' ? '*' : text))

function withoutConflicts(routes: readonly Route[]): Route[] {
  const kept: Route[] = []
  for (const one of routes) {
    const rivals = kept.filter((other) => shapeOf(other.path) === shapeOf(one.path))
    const isOverlapping = ({ methods: other }: Route) =>
      other === undefined || one.methods === undefined || one.methods.some((method) => other.includes(method))
    if (!rivals.some(isOverlapping)) kept.push(one)
  }
  return kept
}

it('finds what the definition says, for any routes, methods and paths', () => {
  fc.assert(
    fc.property(
      fc.array(route, { minLength: 1, maxLength: 12 }).map(withoutConflicts),
      fc.array(fc.tuple(fc.constantFrom(...methods, 'PROPFIND'), requestPath), { minLength: 1, maxLength: 12 }),
      (routes, requests) => {
        const table = new RouteTable(routes.map((one, value) => ({ ...one, value })))
        for (const [method, path] of requests) {
          const match = table.match(method, path)
          const actual = match.kind === 'found' ? match.value : match.kind === 'not-found' ? match.kind : match.allow
          expect([method, path, actual]).toEqual([method, path, reference(routes, method, path)])
        }
      },
    ),
    { numRuns: 1_000 },
  )
})

it('refuses exactly the sets in which two routes claim the same request', () => {
  fc.assert(
    fc.property(fc.array(route, { maxLength: 6 }), (routes) => {
      const build = () => new RouteTable(routes.map((one, value) => ({ ...one, value })))
      if (withoutConflicts(routes).length === routes.length) expect(build).not.toThrow()
      else expect(build).toThrow(/matches the same requests/)
    }),
  )
})
