import { show } from '@hazeljs/core'
import {
  adaptiveConcurrencyProblems,
  bulkheadProblems,
  circuitBreakerProblems,
  rateLimiterProblems,
  retryProblems,
} from '@hazeljs/resilience'
import type { ZodType } from 'zod'
import { canarySchema } from './canary-schema.js'
import type { GatewayRouteDefinition, RouteRateLimit, ServiceRouteConfig, TrafficPolicyConfig } from './definition.js'
import { type Fields, isObject, type Loose, type Report } from './fields.js'
import { methodsSchema } from './methods-schema.js'
import { mirrorSchema } from './mirror-schema.js'
import { pathProblem, prefixProblem, strategyProblem, stripPrefixProblem } from './path-rules.js'
import { checkArmVersions, checkFilters } from './subset-rules.js'
import { transformSchema } from './transform-schema.js'
import { versionRouteSchema } from './version-schema.js'

export function routeSchema(fields: Fields): ZodType {
  const circuitBreaker = fields
    .or([false], fields.checkedBy(circuitBreakerProblems), 'the options of a circuit breaker, or false')
    .optional()
  const rateLimit = rateLimitSchema(fields).optional()
  const serviceConfig = serviceConfigSchema(fields)
  const trafficPolicy = trafficPolicySchema(fields, circuitBreaker, rateLimit)
  const schema = fields.options<GatewayRouteDefinition>(
    {
      path: fields.checkedText(pathProblem),
      methods: methodsSchema(fields, 'a list of methods; leave it out for every method').optional(),
      upgrades: upgradesSchema(fields).optional(),
      allowEncodedSlashes: fields.flag.optional(),
      serviceName: fields.text.optional(),
      serviceConfig: serviceConfig.optional(),
      versionRoute: versionRouteSchema(fields).optional(),
      canary: canarySchema(fields).optional(),
      trafficPolicy: trafficPolicy.optional(),
      circuitBreaker,
      rateLimit,
    },
    { ...fields.inside('serviceConfig', serviceConfig), ...fields.inside('trafficPolicy', trafficPolicy) },
  )
  return fields.rule(schema, (route, report) => {
    checkService(route, report)
    checkStripPrefix(route, report)
    checkEncodedSlashes(route, report)
    checkArmVersions(route, report)
    checkFilters(route, report)
    checkDiffGate(route, report)
    const policy: Readonly<Record<string, unknown>> = isObject(route.trafficPolicy) ? route.trafficPolicy : {}
    for (const name of ['circuitBreaker', 'rateLimit'] as const) {
      if (route[name] !== undefined && policy[name] !== undefined) report([name], `is given here and in trafficPolicy.${name}; keep one`)
    }
  })
}

function serviceConfigSchema(fields: Fields): ZodType {
  return fields.options<ServiceRouteConfig>({
    serviceName: fields.text.optional(),
    loadBalancingStrategy: fields.checkedText(strategyProblem).optional(),
    filter: fields.filter.optional(),
    stripPrefix: fields.checkedText(prefixProblem).optional(),
    addPrefix: fields.checkedText(prefixProblem).optional(),
    preserveHost: fields.flag.optional(),
  })
}

function trafficPolicySchema(fields: Fields, circuitBreaker: ZodType, rateLimit: ZodType): ZodType {
  return fields.options<TrafficPolicyConfig>(
    {
      mirror: mirrorSchema(fields).optional(),
      transform: transformSchema(fields).optional(),
      timeout: fields.or([false], fields.duration(), `milliseconds, a string such as '30s', or false`).optional(),
      attemptTimeout: fields.duration().optional(),
      maxBodyBytes: fields.or([false], fields.count, 'a whole number of bytes of at least 1, or false').optional(),
      upgradeIdleTimeout: fields.or([false], fields.duration(), `milliseconds, a string such as '5m', or false`).optional(),
      retry: fields.or([false], fields.checkedBy(retryProblems), 'the options of a retry, or false').optional(),
      circuitBreaker,
      rateLimit,
      bulkhead: fields.checkedBy(bulkheadProblems).optional(),
      adaptiveConcurrency: fields.checkedBy(adaptiveConcurrencyProblems).optional(),
    },
    { canary: 'canary beside trafficPolicy', versionRoute: 'versionRoute beside trafficPolicy' },
  )
}

function rateLimitSchema(fields: Fields): ZodType {
  return fields.checkedBy<RouteRateLimit>(({ key, ...limiter }) => {
    const problems = rateLimiterProblems(limiter)
    if (key === undefined || key === 'ip' || typeof key === 'function') return problems
    return [...problems, { path: 'key', message: `expected 'ip' or a function of the request, got ${show(key)}` }]
  })
}

function upgradesSchema(fields: Fields): ZodType {
  const protocol = fields.checkedText((name) => {
    if (!/^[\w!#$%&'*+.^`|~/-]+$/.test(name)) return `'${name}' is no name of a protocol; write 'websocket'`
    return name.toLowerCase() === 'h2c' ? 'h2c is never passed on: HTTP/2 is spoken with each side by itself' : undefined
  })
  const forms = "a list of protocols, such as ['websocket'], or false"
  return fields.or([false], fields.list(protocol, forms), forms)
}

function checkService({ serviceName, serviceConfig }: Loose<GatewayRouteDefinition>, report: Report): void {
  const configured = isObject(serviceConfig) ? serviceConfig.serviceName : undefined
  if (serviceName === undefined && configured === undefined) {
    report(['serviceName'], 'is missing; name the service that answers, here or in serviceConfig.serviceName')
  }
  if (typeof serviceName === 'string' && typeof configured === 'string' && serviceName !== configured) {
    report(['serviceConfig', 'serviceName'], `'${configured}' contradicts the route's serviceName '${serviceName}'; keep one`)
  }
}

function checkStripPrefix({ path, serviceConfig }: Loose<GatewayRouteDefinition>, report: Report): void {
  const stripPrefix = isObject(serviceConfig) ? serviceConfig.stripPrefix : undefined
  if (typeof path !== 'string' || typeof stripPrefix !== 'string') return
  const message = stripPrefixProblem(path, stripPrefix)
  if (message !== undefined) report(['serviceConfig', 'stripPrefix'], message)
}

function checkEncodedSlashes({ path, allowEncodedSlashes, versionRoute }: Loose<GatewayRouteDefinition>, report: Report): void {
  if (allowEncodedSlashes !== true) return
  if (typeof path === 'string' && !path.endsWith('/**')) {
    report(['allowEncodedSlashes'], `needs a path that ends in '/**', since %2F may be read as a slash; got '${path}'`)
  }
  if (isObject(versionRoute) && versionRoute.strategy === 'uri') {
    report(['allowEncodedSlashes'], `contradicts versionRoute.strategy 'uri': a version could stand behind %2F, unseen; keep one`)
  }
}

function checkDiffGate({ canary, trafficPolicy }: Loose<GatewayRouteDefinition>, report: Report): void {
  if (!isObject(canary) || !isObject(canary.promotion) || canary.promotion.maxMirrorDiffRate === undefined) return
  const mirror = isObject(trafficPolicy) ? trafficPolicy.mirror : undefined
  if (isObject(mirror) && mirror.diff !== undefined && mirror.diff !== false) return
  report(['canary', 'promotion', 'maxMirrorDiffRate'], 'needs trafficPolicy.mirror.diff: without it no answers are compared')
}
