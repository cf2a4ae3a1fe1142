import type { Duration, ServiceFilter } from '@hazeljs/core'
import type { DiscoveryClientConfig, LoadBalancingStrategy } from '@hazeljs/discovery'
import type { BulkheadOptions, CircuitBreakerOptions, RateLimiterOptions, RetryOptions } from '@hazeljs/resilience'
import type { CanaryMetrics } from '../canary/canary-metrics.js'

/** A request as configuration functions see it: keys, predicates. Header names are lower-case; a repeated header is joined with `, `. */
export interface RequestView {
  readonly method: string
  /** Canonical, without the query. */
  readonly path: string
  /** Without the `?`; empty when there is none. */
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  /** The client's address, found through `trustedProxies`. */
  readonly clientIp: string
}

export interface RouteConfig {
  /** `/api/users/**` is the prefix and all below, `*` one segment, `:name` one named segment. */
  readonly path: string
  /** Default: every method. */
  readonly methods?: readonly string[]
  /**
   * Protocols that a client may change to on its connection, by their names in `Upgrade`; a request for any other is served as if it had
   * not asked. Default `['websocket']`; `false`: none. HTTP/2 without TLS (`h2c`) is never among them.
   */
  readonly upgrades?: readonly string[] | false
}

export interface ServiceRouteConfig {
  readonly serviceName: string
  /** Default `round-robin`. */
  readonly loadBalancingStrategy?: LoadBalancingStrategy | (string & {})
  readonly filter?: ServiceFilter
  /** Whole segments taken off the front of the path before it is forwarded. */
  readonly stripPrefix?: string
  /** Put in front of the path after `stripPrefix`. */
  readonly addPrefix?: string
  /** Forward the client's `Host` instead of the instance's. Default `false`. */
  readonly preserveHost?: boolean
}

export interface VersionTarget {
  /**
   * Share of the requests that ask for no version, in per cent. The weights of a route sum to 100, one left out beside others being 0;
   * none given: `defaultVersion` takes all.
   */
  readonly weight?: number
  /** Whether a request may ask for this version by name; one that does nevertheless counts as asking for none. Default `true`. */
  readonly allowExplicit?: boolean
  /** Which instances serve it. Default: every instance of the service. */
  readonly filter?: ServiceFilter
}

export interface VersionRouteConfig {
  /**
   * Where a request asks for a version: in a header, in a query parameter, or, with `uri`, in the first segment after the literal
   * start of the route's path (`/api/users/v2/7` for a route `/api/users/**`; the segment is forwarded like any other).
   */
  readonly strategy: 'header' | 'uri' | 'query'
  /** For `header`. Default `X-API-Version`. */
  readonly header?: string
  /** For `query`. Default `version`. */
  readonly queryParam?: string
  /** Serves requests whose version is unknown, and those that ask for none where no weights are given. One of `routes`. */
  readonly defaultVersion?: string
  readonly routes: Readonly<Record<string, VersionTarget>>
}

export interface CanaryArm {
  readonly version: string
  /** Per cent; both arms sum to 100. */
  readonly weight: number
  /** Default: instances whose `metadata.version` is `version`. */
  readonly filter?: ServiceFilter
}

/**
 * How a canary moves on. `promote()` follows `steps`; the rest is what automatic judging goes by, and until the engine judges, it is
 * checked and nothing else.
 */
export interface CanaryPromotion {
  readonly strategy: 'error-rate' | 'latency' | 'custom'
  /** Per cent. */
  readonly errorThreshold?: number
  readonly latencyThreshold?: Duration
  readonly evaluationWindow?: Duration
  readonly autoPromote?: boolean
  readonly autoRollback?: boolean
  /** Ascending weights in per cent; the last is 100. Default 10, 25, 50, 75, 100. */
  readonly steps?: readonly number[]
  readonly stepInterval?: Duration
  readonly minRequests?: number
  /** Decides for strategy `custom`, and only there. */
  readonly customEvaluator?: (metrics: CanaryMetrics) => 'promote' | 'hold' | 'rollback'
}

export interface CanaryConfig {
  readonly stable: CanaryArm
  readonly canary: CanaryArm
  readonly promotion: CanaryPromotion
}

export interface MirrorConfig {
  /** The service that gets the copies. */
  readonly service: string
  /** Share of the requests that are copied, in per cent. Default 100. */
  readonly percentage?: number
  /** Hold the answer back until the mirror has settled, 1 s at most. Default `false`. */
  readonly waitForResponse?: boolean
}

/** Edits to headers, made while the message streams on. */
export interface HeaderEdits {
  readonly set?: Readonly<Record<string, string>>
  readonly remove?: readonly string[]
}

export interface TransformConfig {
  readonly request?: HeaderEdits
  readonly response?: HeaderEdits
}

export interface RouteRateLimit extends RateLimiterOptions {
  /** Whose requests share a bucket: `'ip'`, or a function of the request. Default: the route has one bucket. */
  readonly key?: 'ip' | ((request: RequestView) => string)
}

/** `false` switches the gateway's default off for a route. A route's policy replaces the default whole. */
export interface TrafficPolicyConfig {
  readonly mirror?: MirrorConfig
  readonly transform?: TransformConfig
  /** For the whole exchange, retries and the response's body included; event streams and upgrades are exempt. */
  readonly timeout?: Duration | false
  /** For the response's head of each attempt, from when the request has been sent. */
  readonly attemptTimeout?: Duration
  /** Larger bodies of requests are refused with 413. `false`: no limit. Default: `limits.maxBodyBytes`. */
  readonly maxBodyBytes?: number | false
  /** Longest silence, in both directions at once, on a connection that was upgraded. `false`: none. Default: `upstream.idleTimeout`. */
  readonly upgradeIdleTimeout?: Duration | false
  readonly retry?: RetryOptions | false
  readonly circuitBreaker?: CircuitBreakerOptions | false
  readonly rateLimit?: RouteRateLimit
  readonly bulkhead?: BulkheadOptions
}

/** What decorators, configuration and code all become. */
export interface GatewayRouteDefinition extends RouteConfig {
  /** May be left out where `serviceConfig` names the service. */
  readonly serviceName?: string
  readonly serviceConfig?: Partial<ServiceRouteConfig>
  readonly versionRoute?: VersionRouteConfig
  readonly canary?: CanaryConfig
  readonly trafficPolicy?: TrafficPolicyConfig
  readonly circuitBreaker?: CircuitBreakerOptions | false
  readonly rateLimit?: RouteRateLimit
}

export interface CorsConfig {
  /** Allowed origins; `'*'` allows all, without credentials. Default `'*'`. */
  readonly origin?: string | readonly string[]
  /** Default: what the preflight asks for. */
  readonly methods?: readonly string[]
  /** Default: what the preflight asks for. */
  readonly allowedHeaders?: readonly string[]
  readonly exposedHeaders?: readonly string[]
  /** Needs explicit origins. Default `false`. */
  readonly credentials?: boolean
  /** How long a browser may keep a preflight's answer. Default: the browser's own. */
  readonly maxAge?: Duration
}

/** How instances with the protocol `https` are spoken to; as `node:tls` has it. Certificates and keys in PEM. */
export interface UpstreamTlsConfig {
  /** Authorities to trust in place of those that Node trusts. */
  readonly ca?: string | Buffer | (string | Buffer)[]
  /** The gateway's own certificate, for services that ask for one. */
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly passphrase?: string
  /** The name to ask for (SNI) and to find in the certificate. Default: the instance's host; never what a request carries. */
  readonly servername?: string
  /** `false` trusts any certificate, and so anybody in between. Default `true`. */
  readonly rejectUnauthorized?: boolean
}

/** What `@Gateway` takes. */
export interface GatewayOptions {
  readonly discovery?: DiscoveryClientConfig
  readonly resilience?: {
    readonly defaultCircuitBreaker?: CircuitBreakerOptions
    readonly defaultRetry?: RetryOptions
    readonly defaultTimeout?: Duration
  }
  readonly metrics?: {
    /** Default `true`. */
    readonly enabled?: boolean
    /** Default one minute. */
    readonly windowSize?: Duration
  }
  readonly middleware?: {
    /** `true`: any origin, no credentials. Default `false`. */
    readonly cors?: boolean | CorsConfig
    /** One line a request, without query, headers or body. Default `false`. */
    readonly logging?: boolean
    /** `X-Request-Id` both ways; an inbound one is kept only from trusted proxies. Default `false`. */
    readonly requestId?: boolean
  }
  /** Addresses and CIDR ranges whose `X-Forwarded-*` and `X-Request-Id` are believed. Default: nobody's. */
  readonly trustedProxies?: readonly string[]
  /**
   * The gateway's name in `Via`, which requests and answers get. A request that carries it already is refused with 508, so gateways that
   * may stand behind one another need different names. Default: `hazeljs-` and a random part, another for each gateway.
   */
  readonly pseudonym?: string
  /** What is taken from clients. Limits of the header as a whole are options of `listen`. */
  readonly limits?: {
    /** Characters of the request's target; longer ones are refused with 414. Default 8192. */
    readonly maxUrlLength?: number
    /** Larger bodies are refused with 413, at once where they say their length, otherwise while they stream. Default: no limit. */
    readonly maxBodyBytes?: number
    /**
     * Header fields whose names hold `_`, which many servers take for `-`: `drop` forwards the request without them, `refuse` answers
     * 400. Default `drop`.
     */
    readonly underscoredHeaders?: 'drop' | 'refuse'
  }
  readonly upstream?: {
    /** Default 5 s. */
    readonly connectTimeout?: Duration
    /** Longest silence between two chunks of a body. Default 5 minutes. */
    readonly idleTimeout?: Duration
    /** How long an idle connection to an instance is kept. Default 60 s, and never longer than the instance's own `Keep-Alive` says. */
    readonly keepAlive?: Duration
    /**
     * Instances whose `metadata.socketPath` lies below this directory are called on that Unix socket; their `host` and `port` only name
     * them. Default: none, and an instance with a `metadata.socketPath` cannot be reached.
     */
    readonly socketDirectory?: string
    /** For every service. Default: the certificate has to name the instance's host, and to come from an authority that Node trusts. */
    readonly tls?: UpstreamTlsConfig
    /** For single services, by their names; their `tls` replaces the one for all whole. */
    readonly services?: Readonly<Record<string, { readonly tls?: UpstreamTlsConfig }>>
  }
}

/** What `fromConfig` and `new GatewayServer` take. */
export interface GatewayConfig extends GatewayOptions {
  readonly routes?: readonly GatewayRouteDefinition[]
}
