import type { ConfigProblem } from '@hazeljs/core'
import { parsePattern } from './pattern.js'

interface RouteKey {
  readonly path: string
  readonly methods?: readonly string[] | undefined
}

/** Two routes that claim the same requests. `path` is that of the later one. */
export interface RouteConflict extends ConfigProblem {
  /** Index of the earlier route. */
  readonly first: number
  /** Index of the later route. */
  readonly second: number
}

/** Everything that keeps these routes from being a table: bad patterns, then equal routes. */
export function routeProblems(entries: readonly RouteKey[]): ConfigProblem[] {
  const patterns = entries.flatMap(({ path }, index) => {
    const pattern = parsePattern(path)
    return pattern.kind === 'problem' ? [{ path: `routes[${index}].path`, message: pattern.message }] : []
  })
  return [...patterns, ...routeConflicts(entries)]
}

/**
 * Routes that match the same paths, whatever their parameters are called, for at least one common method. A route without methods has all
 * of them. Each route is reported once, against the first that it repeats; bad patterns are left to {@link routeProblems}.
 */
export function routeConflicts(entries: readonly RouteKey[]): RouteConflict[] {
  const byShape = new Map<string, number[]>()
  const conflicts: RouteConflict[] = []
  for (const [second, entry] of entries.entries()) {
    const pattern = parsePattern(entry.path)
    if (pattern.kind === 'problem') continue
    const rivals = byShape.get(pattern.shape) ?? []
    byShape.set(pattern.shape, [...rivals, second])
    const first = rivals.find((rival) => overlap(methodsOf(entries, rival), entry.methods) !== undefined)
    if (first === undefined) continue
    const common = overlap(methodsOf(entries, first), entry.methods) ?? []
    const what = common.length === 0 ? 'every method' : common.join(', ')
    const message = `matches the same requests as routes[${first}] (${entries[first]?.path}) for ${what}; give each its own path or methods`
    conflicts.push({ path: `routes[${second}]`, message, first, second })
  }
  return conflicts
}

function methodsOf(entries: readonly RouteKey[], index: number): readonly string[] | undefined {
  return entries[index]?.methods
}

/** The methods both have: an empty list for all of them, `undefined` for none. */
function overlap(a: readonly string[] | undefined, b: readonly string[] | undefined): readonly string[] | undefined {
  if (a === undefined || b === undefined) {
    const named = a ?? b
    return named === undefined ? [] : named.length === 0 ? undefined : named
  }
  const common = a.filter((method) => b.includes(method))
  return common.length === 0 ? undefined : common
}
