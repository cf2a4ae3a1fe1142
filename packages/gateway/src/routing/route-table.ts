import { ConfigError } from '@hazeljs/core'
import { Candidates } from './candidates.js'
import { PathIndex, segmentKey, type PathHit } from './path-index.js'
import { parsePattern, type RoutePattern } from './pattern.js'
import { routeProblems } from './route-problems.js'

export interface RouteEntry<T> {
  /** `/api/users/**` is the prefix and all below, `*` one segment, `:name` one named segment. */
  readonly path: string
  /** In upper case. `undefined`: every method; an empty list: none. */
  readonly methods?: readonly string[] | undefined
  readonly value: T
}

export interface FoundRoute<T> {
  readonly kind: 'found'
  readonly value: T
  /** Segments that the pattern names, as they stand in the canonical path: escapes are not decoded. */
  readonly params: RouteParams
}

export type RouteParams = Readonly<Record<string, string>>

/** A route that does not serve a request, and what speaks against it. */
export interface PassedOver<T> {
  readonly value: T
  readonly reason: 'path' | 'method' | 'less-specific'
}

export type RouteMatch<T> =
  | FoundRoute<T>
  /** Some route has the path, none of them the method. `allow` is sorted. */
  | { readonly kind: 'method-not-allowed'; readonly allow: readonly string[] }
  | { readonly kind: 'not-found' }

const notFound = Object.freeze({ kind: 'not-found' as const })
const noParams: RouteParams = Object.freeze({})

/**
 * Which route serves a request. Immutable.
 *
 * The most specific path wins, whatever the order of the routes: segment by segment from the left, a literal beats `*` and `:name`, which
 * beat `**`; a route for exactly this path beats a prefix route whose prefix it is. Only routes that allow the method take part, so a less
 * specific route serves the methods that a more specific one leaves out.
 *
 * HEAD is served by the routes that name GET, as RFC 9110 (9.3.2) makes it the same request without the content; a route of the same path
 * that names HEAD goes before.
 */
export class RouteTable<T> {
  readonly #best: PathIndex<Leaf<T>>
  readonly #all: Candidates<Leaf<T>>
  readonly #leaves: readonly Leaf<T>[]

  /** Throws a ConfigError that lists what is wrong with the patterns, and routes that are equal. */
  constructor(entries: readonly RouteEntry<T>[]) {
    const problems = routeProblems(entries)
    if (problems.length > 0) throw new ConfigError('RouteTable', problems)
    this.#leaves = collectLeaves(entries)
    const leaves = this.#leaves.map((leaf) => [leaf.pattern, leaf] as const)
    this.#best = new PathIndex(leaves)
    this.#all = new Candidates(leaves)
  }

  /** `path` is canonical and without the query, `method` in upper case. */
  match(method: string, path: string): RouteMatch<T> {
    const best = this.#best.find(path)
    if (best === null) return notFound
    const found = foundIn(best, method)
    if (found !== undefined) return found
    const all = this.#all.find(path)
    return foundIn(all, method) ?? { kind: 'method-not-allowed', allow: [...new Set(all.store.flatMap((leaf) => leaf.allowed()))].sort() }
  }

  /** Every route but the one that {@link match} finds. Takes time in proportion to their number. */
  passedOver(method: string, path: string): readonly PassedOver<T>[] {
    const match = this.match(method, path)
    const near = new Set(this.#all.find(path).store)
    return this.#leaves.flatMap((leaf) =>
      leaf.targets.flatMap((target): PassedOver<T>[] => {
        if (match.kind === 'found' && match.value === target.value) return []
        const reason = !near.has(leaf) ? 'path' : leaf.targetFor(method) === target ? 'less-specific' : 'method'
        return [{ value: target.value, reason }]
      }),
    )
  }
}

/** All routes of one shape. One without methods is alone, since it would be equal to any other. */
class Leaf<T> {
  readonly pattern: RoutePattern
  readonly #targets: Target<T>[] = []

  constructor(pattern: RoutePattern) {
    this.pattern = pattern
  }

  get targets(): readonly Target<T>[] {
    return this.#targets
  }

  add(target: Target<T>): void {
    this.#targets.push(target)
  }

  /** The methods that these routes name, and HEAD with GET. */
  allowed(): string[] {
    const named = this.#targets.flatMap(({ methods }) => methods ?? [])
    return named.includes('GET') ? [...named, 'HEAD'] : named
  }

  targetFor(method: string): Target<T> | undefined {
    for (const target of this.#targets) if (target.methods === undefined || target.methods.includes(method)) return target
    return method === 'HEAD' ? this.targetFor('GET') : undefined
  }
}

/** A route at the end of a lookup. One without parameters always answers with the same object. */
class Target<T> {
  readonly methods: readonly string[] | undefined
  readonly value: T
  readonly #bare: FoundRoute<T>
  readonly #names: ReadonlyMap<string, string>

  constructor({ methods, value }: RouteEntry<T>, pattern: RoutePattern) {
    this.methods = methods
    this.value = value
    this.#bare = Object.freeze({ kind: 'found', value, params: noParams })
    this.#names = new Map(
      pattern.segments.flatMap((segment, index) => {
        return segment.kind === 'one' && segment.name !== undefined ? [[segment.name, segmentKey(index)] as const] : []
      }),
    )
  }

  found(hit: PathHit<unknown>): FoundRoute<T> {
    return this.#names.size === 0 ? this.#bare : new FoundWithParams(this.#bare.value, hit, this.#names)
  }
}

/** Makes the parameters only for whoever reads them: routing itself does not. */
class FoundWithParams<T> implements FoundRoute<T> {
  readonly kind = 'found'
  readonly value: T
  readonly #hit: PathHit<unknown>
  readonly #names: ReadonlyMap<string, string>

  constructor(value: T, hit: PathHit<unknown>, names: ReadonlyMap<string, string>) {
    this.value = value
    this.#hit = hit
    this.#names = names
  }

  get params(): RouteParams {
    const params: Record<string, string> = {}
    for (const [name, key] of this.#names) params[name] = this.#hit.params[key] as string
    return params
  }
}

function foundIn<T>(hit: PathHit<Leaf<T>>, method: string): FoundRoute<T> | undefined {
  for (const leaf of hit.store) {
    const target = leaf.targetFor(method)
    if (target !== undefined) return target.found(hit)
  }
  return undefined
}

function collectLeaves<T>(entries: readonly RouteEntry<T>[]): readonly Leaf<T>[] {
  const leaves = new Map<string, Leaf<T>>()
  for (const entry of entries) {
    const pattern = parsePattern(entry.path)
    if (pattern.kind === 'problem' || entry.methods?.length === 0) continue
    const leaf = leaves.get(pattern.shape) ?? new Leaf<T>(pattern)
    leaves.set(pattern.shape, leaf)
    leaf.add(new Target(entry, pattern))
  }
  return [...leaves.values()]
}
