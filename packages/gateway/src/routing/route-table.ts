import { ConfigError } from '@hazeljs/core'
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
  readonly #leaves: readonly Leaf<T>[]
  readonly #index: PathIndex<Leaf<T>>
  /** Per method, the leaves that allow it; built when first needed, since most requests are decided by `#index` alone. */
  readonly #byMethod = new Map<string, PathIndex<Leaf<T>>>()
  /** Every method that some route names, sorted. Others are all served alike. */
  readonly #named: readonly string[]

  /** Throws a ConfigError that lists what is wrong with the patterns, and routes that are equal. */
  constructor(entries: readonly RouteEntry<T>[]) {
    const problems = routeProblems(entries)
    if (problems.length > 0) throw new ConfigError('RouteTable', problems)
    this.#leaves = collectLeaves(entries)
    this.#index = indexOf(this.#leaves)
    const named = new Set(entries.flatMap(({ methods }) => methods ?? []))
    if (named.has('GET')) named.add('HEAD')
    this.#named = [...named].sort()
  }

  /** `path` is canonical and without the query, `method` in upper case. */
  match(method: string, path: string): RouteMatch<T> {
    const hit = this.#index.find(path)
    if (hit === null) return notFound
    return foundIn(hit, method) ?? this.#matchLessSpecific(method, path)
  }

  #matchLessSpecific(method: string, path: string): RouteMatch<T> {
    const hit = this.#indexFor(method).find(path)
    const found = hit === null ? undefined : foundIn(hit, method)
    if (found !== undefined) return found
    return { kind: 'method-not-allowed', allow: this.#named.filter((one) => this.#indexFor(one).find(path) !== null) }
  }

  #indexFor(method: string): PathIndex<Leaf<T>> {
    const key = this.#named.includes(method) ? method : ''
    const known = this.#byMethod.get(key)
    if (known !== undefined) return known
    const index = indexOf(this.#leaves.filter((leaf) => leaf.targetFor(key) !== undefined))
    this.#byMethod.set(key, index)
    return index
  }
}

/** All routes of one shape. */
class Leaf<T> {
  readonly pattern: RoutePattern
  readonly #byMethod = new Map<string, Target<T>>()
  #anyMethod: Target<T> | undefined

  constructor(pattern: RoutePattern) {
    this.pattern = pattern
  }

  add(methods: readonly string[] | undefined, target: Target<T>): void {
    if (methods === undefined) this.#anyMethod = target
    else for (const method of methods) this.#byMethod.set(method, target)
  }

  targetFor(method: string): Target<T> | undefined {
    return this.#byMethod.get(method) ?? (method === 'HEAD' ? this.#byMethod.get('GET') : undefined) ?? this.#anyMethod
  }
}

/** A route at the end of a lookup. One without parameters always answers with the same object. */
class Target<T> {
  readonly #bare: FoundRoute<T>
  readonly #names: readonly { readonly name: string; readonly key: string }[]

  constructor(value: T, pattern: RoutePattern) {
    this.#bare = Object.freeze({ kind: 'found', value, params: noParams })
    this.#names = pattern.segments.flatMap((segment, index) => {
      return segment.kind === 'one' && segment.name !== undefined ? [{ name: segment.name, key: segmentKey(index) }] : []
    })
  }

  found(hit: PathHit<unknown>): FoundRoute<T> {
    if (this.#names.length === 0) return this.#bare
    const params: Record<string, string> = {}
    for (const { name, key } of this.#names) params[name] = hit.params[key] as string
    return { kind: 'found', value: this.#bare.value, params }
  }
}

function foundIn<T>(hit: PathHit<Leaf<T>>, method: string): FoundRoute<T> | undefined {
  for (const leaf of hit.store) {
    const target = leaf.targetFor(method)
    if (target !== undefined) return target.found(hit)
  }
  return undefined
}

function indexOf<T>(leaves: readonly Leaf<T>[]): PathIndex<Leaf<T>> {
  return new PathIndex(leaves.map((leaf) => [leaf.pattern, leaf] as const))
}

function collectLeaves<T>(entries: readonly RouteEntry<T>[]): readonly Leaf<T>[] {
  const leaves = new Map<string, Leaf<T>>()
  for (const { path, methods, value } of entries) {
    const pattern = parsePattern(path)
    if (pattern.kind === 'problem' || methods?.length === 0) continue
    const leaf = leaves.get(pattern.shape) ?? new Leaf<T>(pattern)
    leaves.set(pattern.shape, leaf)
    leaf.add(methods, new Target(value, pattern))
  }
  return [...leaves.values()]
}
