import findMyWay from 'find-my-way'
import type { RoutePattern } from './pattern.js'

/** What a path led to: everything stored for the most specific pattern that matches it, in the order of specificity. */
export interface PathHit<S> {
  readonly store: readonly S[]
  /** Values of the one-segment parts under {@link segmentKey}, as they stand in the path: escapes are not decoded. */
  readonly params: Readonly<Record<string, string | undefined>>
}

/** Under which key the value of the one-segment part at `index` is found in {@link PathHit.params}. */
export function segmentKey(index: number): string {
  return `s${index}`
}

/**
 * find-my-way behind our patterns. From the left, a literal segment beats any segment, which beats the rest of the path; it backtracks.
 *
 * find-my-way lets a parameter match an empty segment. In a canonical path only the last segment can be empty, so paths that end in a
 * slash have a router of their own, where a parameter never stands last.
 */
export class PathIndex<S> {
  readonly #open = newRouter()
  readonly #slashed = newRouter()

  /** Patterns of one shape are not to be repeated. */
  constructor(entries: readonly (readonly [RoutePattern, S])[]) {
    const open = new Map<string, S[]>()
    const slashed = new Map<string, S[]>()
    const store = (stores: Map<string, S[]>, path: string, value: S) => stores.set(path, [...(stores.get(path) ?? []), value])
    for (const [pattern, value] of entries) {
      const path = routerPath(pattern)
      if (pattern.rest) store(slashed, `${path}/*`, value)
      else store(path.endsWith('/') ? slashed : open, path, value)
    }
    // A prefix route is registered for its prefix after the routes that name that path exactly, since those win.
    for (const [pattern, value] of entries) {
      if (!pattern.rest) continue
      const path = routerPath(pattern)
      store(open, `${path}/*`, value)
      if (path !== '') store(open, path, value)
    }
    register(this.#open, open)
    register(this.#slashed, slashed)
  }

  /** `path` is canonical; `null` when nothing matches it. */
  find(path: string): PathHit<S> | null {
    if (path.charCodeAt(0) !== 47) return null
    const router = path.charCodeAt(path.length - 1) === 47 ? this.#slashed : this.#open
    // find-my-way decodes what it is given once: encoded once more, an escape of a canonical path stays as it is.
    return router.find('GET', path.includes('%') ? path.replaceAll('%', '%25') : path)
  }
}

type Router = ReturnType<typeof findMyWay>

const noQuery = Object.freeze({})
const noHandler = () => undefined

function newRouter(): Router {
  return findMyWay({ maxParamLength: Number.MAX_SAFE_INTEGER, querystringParser: () => noQuery })
}

function register<S>(router: Router, stores: ReadonlyMap<string, S[]>): void {
  for (const [path, store] of stores) router.on('GET', path, noHandler, store)
}

function routerPath({ segments, rest }: RoutePattern): string {
  const parts = segments.map((segment, index) => (segment.kind === 'one' ? `:${segmentKey(index)}` : segment.text.replaceAll(':', '::')))
  return rest && parts.length === 0 ? '' : `/${parts.join('/')}`
}
