import { ConfigError, type ConfigProblem, show } from '@hazeljs/core'
import type { GatewayRouteDefinition } from './definition.js'
import type { CanaryConfig } from './canary-config.js'
import type { VersionRouteConfig } from './version-config.js'
import type { GatewayOptions } from './gateway-options.js'
import { equalRouteProblems, type NamedRoute } from './equal-routes.js'
import { isObject } from './fields.js'
import { frozenCopy, unreadable } from './frozen-copy.js'
import { pathShape } from './path-rules.js'
import { toProblems } from './problems.js'
import { resolveGateway, resolveRoute } from './resolve.js'
import type { ResolvedGateway, ResolvedRoute } from './resolved.js'
import { type Schemas, schemas } from './schemas.js'

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
  const whole = check('gateway', config, options)
  const routes = routesIn(whole.value).map((route, index) => named(check('route', route, labels.routes?.[index] ?? `routes[${index}]`)))
  refuse(subject, [
    ...(labels.problems ?? []),
    ...whole.problems,
    ...routes.flatMap(({ problems }) => problems),
    ...equalRouteProblems(routes),
  ])

  const gateway = resolveGateway(whole.value as GatewayOptions)
  return Object.freeze({ gateway, routes: Object.freeze(resolveAll(routes, gateway)) })
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
  const { value, problems } = check('route', route, name)
  const rivals = rivalsOf(value, existing)
  refuse('The route', [...problems, ...equalRouteProblems([...rivals, { definition: value, name }], rivals.length)])
  return resolveRoute(value as GatewayRouteDefinition, gateway.defaults)
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
  const checked = Array.from(routes, (route: unknown, index) => named(check('route', route, `routes[${index}]`)))
  refuse(subject, [...checked.flatMap(({ problems }) => problems), ...equalRouteProblems(checked)])
  return resolveAll(checked, gateway)
}

/** @throws ConfigError that lists every problem. */
export function checkVersionRoute(config: VersionRouteConfig): VersionRouteConfig {
  const { value, problems } = check('versionRoute', config, '')
  refuse('VersionRouter', problems)
  return value as VersionRouteConfig
}

/** @throws ConfigError that lists every problem. */
export function checkCanary(config: CanaryConfig): CanaryConfig {
  const { value, problems } = check('canary', config, '')
  refuse('CanaryEngine', problems)
  return value as CanaryConfig
}

interface Checked {
  /** Stands before the paths of its problems. */
  readonly name: string
  /** A frozen copy of what was given, of which nothing but plain data, functions and clients is left; wrong where there are problems. */
  readonly value: unknown
  readonly problems: readonly ConfigProblem[]
}

function check(schema: keyof Schemas, given: unknown, name: string): Checked {
  const { copy, problems } = frozenCopy(given, name)
  if (copy === undefined && problems.length > 0) return { name, value: undefined, problems }
  try {
    const { success, data, error } = schemas()[schema].safeParse(copy, { reportInput: true })
    // The schema's output, for an instance of a class passes too, and the copy still is that instance.
    if (success) return { name, value: frozenCopy(data).copy, problems }
    return { name, value: copy, problems: [...problems, ...toProblems(error.issues, name)] }
  } catch (error) {
    return { name, value: undefined, problems: [...problems, unreadable(name, error)] }
  }
}

function named({ name, value, problems }: Checked): NamedRoute & Pick<Checked, 'problems'> {
  return { name, definition: value, problems }
}

function resolveAll(routes: readonly NamedRoute[], { defaults }: ResolvedGateway): readonly ResolvedRoute[] {
  return routes.map(({ definition }) => resolveRoute(definition as GatewayRouteDefinition, defaults))
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

function routesIn(config: unknown): readonly unknown[] {
  const routes = (config as { readonly routes?: unknown } | null | undefined)?.routes
  return Array.isArray(routes) ? (routes as unknown[]) : []
}
