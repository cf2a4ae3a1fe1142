import { durationMs } from '@hazeljs/core'
import {
  defaultConnectTimeoutMs,
  defaultIdleTimeoutMs,
  defaultKeepAliveMs,
  defaultMaxUrlLength,
  defaultMetricsWindowMs,
  defaultStrategy,
  defaultUpgrades,
} from './defaults.js'
import type { GatewayRouteDefinition } from './definition.js'
import type { CorsConfig, GatewayOptions } from './gateway-options.js'
import { canonicalPrefix, pathShape } from './path-rules.js'
import { resolveMirror } from './resolve-mirror.js'
import { resolveTransform } from './resolve-transform.js'
import type { ResolvedGateway, ResolvedRoute, RouteDefaults } from './resolved.js'

/** Fills in the defaults of a configuration that was checked. */
export function resolveGateway(options: GatewayOptions): ResolvedGateway {
  const { discovery, resilience, metrics, middleware, trustedProxies, limits, upstream } = options
  const idleTimeoutMs = durationMs(upstream?.idleTimeout) ?? defaultIdleTimeoutMs
  return Object.freeze({
    discovery: discovery ?? {},
    defaults: Object.freeze({
      circuitBreaker: resilience?.defaultCircuitBreaker,
      retry: resilience?.defaultRetry,
      timeoutMs: durationMs(resilience?.defaultTimeout),
      maxBodyBytes: limits?.maxBodyBytes,
      idleTimeoutMs,
    }),
    metrics: Object.freeze({ enabled: metrics?.enabled ?? true, windowMs: durationMs(metrics?.windowSize) ?? defaultMetricsWindowMs }),
    cors: resolveCors(middleware?.cors),
    logging: middleware?.logging ?? false,
    requestId: middleware?.requestId ?? false,
    trustedProxies: trustedProxies ?? [],
    pseudonym: options.pseudonym,
    maxConcurrentRequests: limits?.maxConcurrentRequests,
    maxUrlLength: limits?.maxUrlLength ?? defaultMaxUrlLength,
    refuseUnderscores: limits?.underscoredHeaders === 'refuse',
    connectTimeoutMs: durationMs(upstream?.connectTimeout) ?? defaultConnectTimeoutMs,
    idleTimeoutMs,
    keepAliveMs: durationMs(upstream?.keepAlive) ?? defaultKeepAliveMs,
    socketDirectory: upstream?.socketDirectory,
    upstreamTls: upstream?.tls ?? {},
    serviceTls: new Map(Object.entries(upstream?.services ?? {}).flatMap(([name, { tls }]) => (tls === undefined ? [] : [[name, tls]]))),
  })
}

/** Fills in the defaults of a route that was checked, the gateway's among them: a route's own policy replaces the default whole. */
export function resolveRoute(definition: GatewayRouteDefinition, defaults: RouteDefaults): ResolvedRoute {
  const { path, methods, upgrades, allowEncodedSlashes, serviceConfig, versionRoute, canary, trafficPolicy } = definition
  return Object.freeze({
    path,
    shape: pathShape(path),
    methods: methods === undefined ? undefined : Object.freeze(methods.map((method) => method.toUpperCase())),
    allowEncodedSlashes: allowEncodedSlashes ?? false,
    serviceName: definition.serviceName ?? serviceConfig?.serviceName ?? '',
    strategy: serviceConfig?.loadBalancingStrategy ?? defaultStrategy,
    filter: serviceConfig?.filter,
    stripPrefix: canonicalPrefix(serviceConfig?.stripPrefix),
    addPrefix: canonicalPrefix(serviceConfig?.addPrefix),
    preserveHost: serviceConfig?.preserveHost ?? false,
    versionRoute,
    canary,
    timeoutMs: trafficPolicy?.timeout === false ? undefined : (durationMs(trafficPolicy?.timeout) ?? defaults.timeoutMs),
    attemptTimeoutMs: durationMs(trafficPolicy?.attemptTimeout),
    maxBodyBytes: policy(trafficPolicy?.maxBodyBytes, defaults.maxBodyBytes),
    upgrades: upgrades === false ? [] : (upgrades?.map((protocol) => protocol.toLowerCase()) ?? defaultUpgrades),
    upgradeIdleMs:
      trafficPolicy?.upgradeIdleTimeout === false ? undefined : (durationMs(trafficPolicy?.upgradeIdleTimeout) ?? defaults.idleTimeoutMs),
    retry: policy(trafficPolicy?.retry, defaults.retry),
    circuitBreaker: policy(definition.circuitBreaker ?? trafficPolicy?.circuitBreaker, defaults.circuitBreaker),
    rateLimit: definition.rateLimit ?? trafficPolicy?.rateLimit,
    bulkhead: trafficPolicy?.bulkhead,
    adaptiveConcurrency: trafficPolicy?.adaptiveConcurrency,
    mirror: trafficPolicy?.mirror && resolveMirror(trafficPolicy.mirror),
    transform: trafficPolicy?.transform && resolveTransform(trafficPolicy.transform),
    definition,
  })
}

function policy<T>(own: T | false | undefined, byDefault: T | undefined): T | undefined {
  return own === false ? undefined : (own ?? byDefault)
}

function resolveCors(cors: boolean | CorsConfig | undefined): CorsConfig | undefined {
  if (cors === true) return Object.freeze({})
  return cors === false ? undefined : cors
}
