import type { ServiceFilter } from '@hazeljs/core'
import type { DiscoveryClientConfig } from '@hazeljs/discovery'
import type { AdaptiveConcurrencyOptions, BulkheadOptions, CircuitBreakerOptions, RetryOptions } from '@hazeljs/resilience'
import type { GatewayRouteDefinition, MessageTransform, RequestView, ResponseView, RouteRateLimit } from './definition.js'
import type { HeaderEdits } from './header-edits.js'
import type { CanaryConfig } from './canary-config.js'
import type { ResolvedMirror } from './mirror-config.js'
import type { VersionRouteConfig } from './version-config.js'
import type { CorsConfig, UpstreamTlsConfig } from './gateway-options.js'

/** A route after checking: defaults filled in, durations in milliseconds, the gateway's defaults merged. Frozen. */
export interface ResolvedRoute {
  /** As the user wrote it; names the route in events, metrics and logs. */
  readonly path: string
  /** The same for all paths that match the same requests, whatever their parameters are called. */
  readonly shape: string
  /** Upper case; `undefined`: every method. */
  readonly methods: readonly string[] | undefined
  readonly allowEncodedSlashes: boolean
  readonly serviceName: string
  readonly strategy: string
  readonly filter: ServiceFilter | undefined
  /** Without a trailing slash; `''` when there is none. */
  readonly stripPrefix: string
  /** Without a trailing slash; `''` when there is none. */
  readonly addPrefix: string
  readonly preserveHost: boolean
  readonly versionRoute: VersionRouteConfig | undefined
  readonly canary: CanaryConfig | undefined
  readonly timeoutMs: number | undefined
  readonly attemptTimeoutMs: number | undefined
  /** `undefined`: no limit. */
  readonly maxBodyBytes: number | undefined
  /** Lower case. */
  readonly upgrades: readonly string[]
  /** `undefined`: no limit. */
  readonly upgradeIdleMs: number | undefined
  readonly retry: RetryOptions | undefined
  readonly circuitBreaker: CircuitBreakerOptions | undefined
  readonly rateLimit: RouteRateLimit | undefined
  readonly bulkhead: BulkheadOptions | undefined
  readonly adaptiveConcurrency: AdaptiveConcurrencyOptions | undefined
  readonly mirror: ResolvedMirror | undefined
  readonly transform: ResolvedTransform | undefined
  /** What the user gave, for `getRoutes()`. */
  readonly definition: GatewayRouteDefinition
}

/** A function that changes bodies, which bodies, and how large they may be. */
export interface BodyRule<View> {
  readonly body: NonNullable<MessageTransform<View>['body']>
  readonly when: MessageTransform<View>['when']
  readonly maxBytes: number
}

export interface ResolvedTransform {
  /** With what a function of the answer's body needs. */
  readonly requestEdits: HeaderEdits
  readonly responseEdits: HeaderEdits
  readonly requestBody: BodyRule<RequestView> | undefined
  readonly responseBody: BodyRule<ResponseView> | undefined
}

/** What routes get that say nothing of their own. */
export interface RouteDefaults {
  readonly circuitBreaker: CircuitBreakerOptions | undefined
  readonly retry: RetryOptions | undefined
  readonly timeoutMs: number | undefined
  readonly maxBodyBytes: number | undefined
  readonly idleTimeoutMs: number
}

/** A gateway's configuration after checking, without its routes. Frozen. */
export interface ResolvedGateway {
  readonly discovery: DiscoveryClientConfig
  readonly defaults: RouteDefaults
  readonly metrics: { readonly enabled: boolean; readonly windowMs: number }
  readonly cors: CorsConfig | undefined
  readonly logging: boolean
  readonly requestId: boolean
  readonly trustedProxies: readonly string[]
  /** `undefined`: one that no other gateway has. */
  readonly pseudonym: string | undefined
  readonly maxUrlLength: number
  /** `undefined`: no limit. */
  readonly maxConcurrentRequests: number | undefined
  readonly refuseUnderscores: boolean
  readonly connectTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly keepAliveMs: number
  readonly socketDirectory: string | undefined
  readonly upstreamTls: UpstreamTlsConfig
  readonly serviceTls: ReadonlyMap<string, UpstreamTlsConfig>
}
