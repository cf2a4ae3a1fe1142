import type { ConfigProblem } from '@hazeljs/core'
import { routeConflicts } from '../routing/route-problems.js'
import { isObject } from './fields.js'

/** A route that may still be wrong in any way, and what messages call it. */
export interface NamedRoute {
  readonly definition: unknown
  readonly name: string
}

/** Routes of `routes` that claim the very requests of an earlier one, or of one of `existing`. */
export function equalRouteProblems(routes: readonly NamedRoute[], existing: readonly NamedRoute[]): ConfigProblem[] {
  const all = [...existing, ...routes].flatMap(({ definition, name }) => {
    if (!isObject(definition) || typeof definition.path !== 'string') return []
    const { path, methods } = definition
    return [{ name, path, methods: Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : undefined }]
  })
  const isNew = new Set(routes.map(({ name }) => name))
  return routeConflicts(all).flatMap(({ first, second }) => {
    const [earlier, later] = [all[first], all[second]]
    if (earlier === undefined || later === undefined || !isNew.has(later.name)) return []
    return [
      { path: later.name, message: `claims the same requests as ${earlier.name} (${earlier.path}); give each its own path or methods` },
    ]
  })
}
