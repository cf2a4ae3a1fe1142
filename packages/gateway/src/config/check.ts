import { ConfigError, type ConfigProblem, show } from '@hazeljs/core'
import type { CanaryConfig, GatewayRouteDefinition, VersionRouteConfig } from './definition.js'
import type { GatewayConfig } from './gateway-options.js'
import { equalRouteProblems, type NamedRoute } from './equal-routes.js'
import { isObject } from './fields.js'
import { frozenCopy } from './frozen-copy.js'
import { pathShape } from './path-rules.js'
import { toProblems } from './problems.js'
import { resolveGateway, resolveRoute } from './resolve.js'
import type { ResolvedGateway, ResolvedRoute } from './resolved.js'
import { schemas } from './schemas.js'

/** What problems are called in messages, where the configuration was not written as one object. */
export interface ConfigLabels {
  /** Opens the message. Default `The gateway's configuration`. */
  readonly subject?: string
  /** Stands before the names of the gateway's own options. Default: nothing. */
  readonly options?: string
  /** The names of the routes, in their order. Default `routes[0]` and so on. */
  readonly routes?: readonly string[]
  /** Found while the configuration was put together; told with the others. */
  readonly problems?: readonly ConfigProblem[]
}

export interface CheckedConfig {
  readonly gateway: ResolvedGateway
  readonly routes: readonly ResolvedRoute[]
}

/**
 * Checks a gateway's configuration whole and fills in the defaults. The result is a frozen copy: changing the configuration afterwards
 * changes nothing.
 *
 * @throws ConfigError that lists every problem with its path, such as `routes[2].canary.promotion.steps[1]`.
 */
export function checkConfig(config: unknown, labels: ConfigLabels = {}): CheckedConfig {
  const { subject = `The gateway's configuration`, options = '' } = labels
  const problems = [...(labels.problems ?? []), ...problemsOf('gateway', config, options)]
  const given = routesIn(config)
  const named = given.map((definition, index): NamedRoute => ({ definition, name: labels.routes?.[index] ?? `routes[${index}]` }))
  for (const { definition, name } of named) problems.push(...problemsOf('route', definition, name))
  problems.push(...equalRouteProblems(named))
  refuse(subject, problems)

  const checked = frozenCopy(config as GatewayConfig)
  const gateway = resolveGateway(checked)
  return Object.freeze({ gateway, routes: Object.freeze((checked.routes ?? []).map((route) => resolveRoute(route, gateway.defaults))) })
}

/**
 * Checks one more route for a gateway that has `existing` ones.
 *
 * @throws ConfigError that lists every problem; `name` stands before their paths.
 */
export function checkRoute(
  route: unknown,
  gateway: ResolvedGateway,
  name = 'route',
  existing: readonly ResolvedRoute[] = [],
): ResolvedRoute {
  const rivals = rivalsOf(route, existing)
  const equal = equalRouteProblems([...rivals, { definition: route, name }], rivals.length)
  const problems = [...problemsOf('route', route, name), ...equal]
  refuse('The route', problems)
  return resolveRoute(frozenCopy(route as GatewayRouteDefinition), gateway.defaults)
}

/**
 * Checks routes that are to take the place of all that a gateway has.
 *
 * @throws ConfigError that lists every problem with its path, such as `routes[2].path`.
 */
export function checkRoutes(routes: unknown, gateway: ResolvedGateway): readonly ResolvedRoute[] {
  const subject = 'The routes'
  if (!Array.isArray(routes))
    throw new ConfigError(subject, [{ path: 'routes', message: `expected a list of routes, got ${show(routes)}` }])
  const named = routes.map((definition: unknown, index): NamedRoute => ({ definition, name: `routes[${index}]` }))
  refuse(subject, [...named.flatMap(({ definition, name }) => problemsOf('route', definition, name)), ...equalRouteProblems(named)])
  return routes.map((route: GatewayRouteDefinition) => resolveRoute(frozenCopy(route), gateway.defaults))
}

/** @throws ConfigError that lists every problem. */
export function checkVersionRoute(config: VersionRouteConfig): VersionRouteConfig {
  refuse('VersionRouter', problemsOf('versionRoute', config, ''))
  return frozenCopy(config)
}

/** @throws ConfigError that lists every problem. */
export function checkCanary(config: CanaryConfig): CanaryConfig {
  refuse('CanaryEngine', problemsOf('canary', config, ''))
  return frozenCopy(config)
}

/** The routes that could be equal: a gateway with thousands compares no more than these. */
function rivalsOf(route: unknown, existing: readonly ResolvedRoute[]): NamedRoute[] {
  if (!isObject(route) || typeof route.path !== 'string') return []
  const shape = pathShape(route.path)
  return existing.filter((other) => other.shape === shape).map(({ definition }) => ({ definition, name: 'the route in service' }))
}

function refuse(subject: string, problems: readonly ConfigProblem[]): void {
  if (problems.length > 0) throw new ConfigError(subject, problems)
}

function problemsOf(schema: 'gateway' | 'route' | 'canary' | 'versionRoute', value: unknown, prefix: string): ConfigProblem[] {
  const { success, error } = schemas()[schema].safeParse(value, { reportInput: true })
  return success ? [] : toProblems(error.issues, prefix)
}

function routesIn(config: unknown): readonly unknown[] {
  const routes = (config as { readonly routes?: unknown } | null | undefined)?.routes
  return Array.isArray(routes) ? (routes as unknown[]) : []
}
