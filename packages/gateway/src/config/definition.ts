import type { Duration, ServiceFilter } from '@hazeljs/core'
import type { LoadBalancingStrategy } from '@hazeljs/discovery'
import type {
  AdaptiveConcurrencyOptions,
  BulkheadOptions,
  CircuitBreakerOptions,
  RateLimiterOptions,
  RetryOptions,
} from '@hazeljs/resilience'
import type { CanaryConfig } from './canary-config.js'
import type { HeaderEdits } from './header-edits.js'
import type { MirrorConfig } from './mirror-config.js'
import type { VersionRouteConfig } from './version-config.js'

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
  /**
   * Take paths with `%2F` and forward it as it is, as names with a slash need it (`/packages/@scope%2Fname`). Only where the path leads to this
   * same route when `%2F` is read as a slash; so the route's own path has to end in `/**`. Dots beside it, `%5C` and `%00` stay refused.
   * Default `false`: 400.
   */
  readonly allowEncodedSlashes?: boolean
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

/** An answer as configuration functions see it: status and fields as the client gets them, names as in {@link RequestView}. */
export interface ResponseView {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly request: RequestView
}

/** What a function that changes bodies may obey: its signal is aborted when the client leaves or the route's time is over. */
export interface TransformCall {
  readonly signal: AbortSignal
}

/** Bytes, or text that becomes UTF-8. */
export type NewBody = Uint8Array | string

/** Edits to fields, and a function that changes the body, which is kept in memory for it. */
export interface MessageTransform<View> extends HeaderEdits {
  /**
   * Gives the body that goes on in place of `bytes`, which are the whole of it without compression. Bodies of no byte are not given to it.
   * What it throws is answered with 500, a `GatewayError` with its own status.
   */
  readonly body?: (bytes: Buffer, view: View, call: TransformCall) => NewBody | PromiseLike<NewBody>
  /** Decides at the message's head whether `body` gets it; what does not streams on as it is. Default: every message. */
  readonly when?: (view: View) => boolean
  /** Larger bodies are refused, by their size with and without compression: requests with 413, answers with 502. Default 1 MiB. */
  readonly maxBytes?: number
}

export interface TransformConfig {
  readonly request?: MessageTransform<RequestView>
  /** Event streams, 204, 206, 304 and answers to HEAD have no body for a function. */
  readonly response?: MessageTransform<ResponseView>
}

export interface RouteRateLimit extends RateLimiterOptions {
  /**
   * Whose requests share a bucket: `'ip'`, the client's address, of IPv6 the first 64 bits, which are one subscriber's; or a function of the
   * request. Default: the route has one bucket.
   */
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
  /** Requests under way at once, retries and pauses included; of each version and canary arm by itself. Others are refused with 503. */
  readonly bulkhead?: BulkheadOptions
  /**
   * The same, with a limit that follows the latency. `overloadPredicate` is asked of failures; its default here: 503 and 504 of the service,
   * and timeouts.
   */
  readonly adaptiveConcurrency?: AdaptiveConcurrencyOptions
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
