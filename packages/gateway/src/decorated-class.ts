import { type AnyClass, ConfigError, type ConfigProblem, MetadataSlot, show } from '@hazeljs/core'
import type { CircuitBreakerOptions } from '@hazeljs/resilience'
import type { ConfigLabels } from './config/check.js'
import type { GatewayRouteDefinition, RouteConfig, RouteRateLimit, ServiceRouteConfig, TrafficPolicyConfig } from './config/definition.js'
import type { CanaryConfig } from './config/canary-config.js'
import type { VersionRouteConfig } from './config/version-config.js'
import { isObject } from './config/fields.js'
import { frozenCopy } from './config/frozen-copy.js'
import type { GatewayConfig } from './config/gateway-options.js'

/** What decorators say of one field, by the decorator's name. */
export interface FieldDecorations {
  Route?: string | RouteConfig
  ServiceRoute?: string | ServiceRouteConfig
  VersionRoute?: VersionRouteConfig
  Canary?: CanaryConfig
  TrafficPolicy?: TrafficPolicyConfig
  GatewayCircuitBreaker?: CircuitBreakerOptions | false
  GatewayRateLimit?: RouteRateLimit
}

/** What the decorators of one class say, its parents' left out. */
export interface ClassDecorations {
  /** One at most. */
  readonly configs: GatewayConfig[]
  readonly fields: Map<string, FieldDecorations>
  /** `member` is empty for the class itself. A decorator of the TC39 standard can't know its class, so complaints wait for a reader. */
  readonly misuses: { readonly member: string; readonly message: string }[]
}

export const gatewayDecorations = new MetadataSlot<ClassDecorations>('hazeljs:gateway')

export function noDecorations(): ClassDecorations {
  return { configs: [], fields: new Map(), misuses: [] }
}

export interface DecoratedRoute {
  readonly field: string
  readonly definition: GatewayRouteDefinition
}

/** A class as a configuration, and what to call its parts in messages. */
export interface ClassConfig {
  readonly config: GatewayConfig
  readonly labels: ConfigLabels
}

/**
 * The gateway that a decorated class describes. Routes of parents come first; a field that a subclass decorates again is the subclass's
 * alone. The nearest `@Gateway` counts.
 *
 * @throws ConfigError that names class and field of every decorator that is missing, misplaced or given twice.
 */
export function routesOf(target: AnyClass): { readonly options: GatewayConfig; readonly routes: readonly DecoratedRoute[] } {
  const { options, routes, problems } = read(target)
  if (problems.length > 0) throw new ConfigError(nameOf(target), problems)
  return { options, routes }
}

/** The class for `checkConfig`, which tells misused decorators together with all other problems. */
export function configOf(target: AnyClass): ClassConfig {
  const { options, routes, problems } = read(target)
  const given: unknown = options.routes
  if (given !== undefined && !Array.isArray(given))
    problems.push({ path: '@Gateway.routes', message: `expected a list of routes, got ${show(given)}` })
  const own: readonly GatewayRouteDefinition[] = Array.isArray(given) ? given : []
  return {
    config: { ...options, routes: [...own, ...routes.map(({ definition }) => definition)] },
    labels: {
      subject: nameOf(target),
      options: '@Gateway',
      routes: [...own.map((_, index) => `@Gateway.routes[${index}]`), ...routes.map(({ field }) => `${nameOf(target)}.${field}`)],
      problems,
    },
  }
}

function read(target: AnyClass): { options: GatewayConfig; routes: DecoratedRoute[]; problems: ConfigProblem[] } {
  if (typeof target !== 'function')
    throw new ConfigError('GatewayServer.fromClass', [{ path: '', message: `expected a class, got ${show(target)}` }])
  const name = nameOf(target)
  const lineage = gatewayDecorations.lineage(target)
  const problems: ConfigProblem[] = []

  const configs = lineage.flatMap((decorations) => decorations.configs)
  if (configs.length === 0) problems.push({ path: '', message: 'the class has no @Gateway; decorate it with @Gateway({ … })' })
  const options = configs.length === 0 ? {} : optionsOf(configs.at(-1), problems)
  for (const { member, message } of lineage.flatMap(({ misuses }) => misuses)) {
    problems.push({ path: member === '' ? name : `${name}.${member}`, message })
  }

  const fields = new Map(lineage.flatMap((decorations) => [...decorations.fields]))
  const routes = [...fields].flatMap(([field, decorations]) => {
    const missing = (['Route', 'ServiceRoute'] as const).find((decorator) => !Object.hasOwn(decorations, decorator))
    if (missing === undefined) {
      const read = frozenCopy(decorations, `${name}.${field}`)
      problems.push(...read.problems)
      return [{ field, definition: definitionOf(read.copy as FieldDecorations) }]
    }
    const present = Object.keys(decorations).map((decorator) => `@${decorator}`)
    problems.push({
      path: `${name}.${field}`,
      message: `has ${present.join(' and ')}, but no @${missing}; a route needs @Route and @ServiceRoute`,
    })
    return []
  })
  return { options, routes, problems }
}

function optionsOf(config: unknown, problems: ConfigProblem[]): GatewayConfig {
  const { copy, problems: unread } = frozenCopy(config, '@Gateway')
  problems.push(...unread)
  if (isObject(copy)) return copy
  problems.push({ path: '@Gateway', message: `expected an object, got ${show(copy)}` })
  return {}
}

function definitionOf(decorations: FieldDecorations): GatewayRouteDefinition {
  const { Route: route, ServiceRoute: service, VersionRoute: versionRoute, Canary: canary, TrafficPolicy: trafficPolicy } = decorations
  const { GatewayCircuitBreaker: circuitBreaker, GatewayRateLimit: rateLimit } = decorations
  return {
    ...(isObject(route) ? (route as RouteConfig) : { path: route as string }),
    ...serviceOf(service),
    ...(versionRoute !== undefined && { versionRoute }),
    ...(canary !== undefined && { canary }),
    ...(trafficPolicy !== undefined && { trafficPolicy }),
    ...(circuitBreaker !== undefined && { circuitBreaker }),
    ...(rateLimit !== undefined && { rateLimit }),
  }
}

function serviceOf(service: FieldDecorations['ServiceRoute']): Pick<GatewayRouteDefinition, 'serviceName' | 'serviceConfig'> {
  if (!isObject(service)) return { serviceName: service as string }
  const { serviceName, ...serviceConfig } = service as ServiceRouteConfig
  return { serviceName, serviceConfig }
}

function nameOf(target: AnyClass): string {
  return target.name === '' ? 'The gateway class' : target.name
}
