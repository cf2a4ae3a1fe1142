import type { ConfigProblem } from '@hazeljs/core'
import { routeConflicts } from '../routing/route-problems.js'
import { isObject } from './fields.js'

/** A route that may still be wrong in any way, and what messages call it. */
export interface NamedRoute {
  readonly definition: unknown
  readonly name: string
}

/** Routes that claim the very requests of an earlier one. The first `known` of them are in service, and are complained of no more. */
export function equalRouteProblems(routes: readonly NamedRoute[], known = 0): ConfigProblem[] {
  const entries = routes.flatMap(({ definition, name }, index) => {
    if (!isObject(definition) || typeof definition.path !== 'string') return []
    const { path, methods } = definition
    const upper = Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : undefined
    return [{ name, path, methods: upper, isNew: index >= known }]
  })
  return routeConflicts(entries).flatMap(({ first, second }) => {
    const [earlier, later] = [entries[first], entries[second]]
    if (earlier === undefined || later?.isNew !== true) return []
    return [
      {
        path: later.name,
        message: `claims the same requests as ${earlier.name} (${earlier.path}); give each its own path or methods`,
      },
    ]
  })
}
