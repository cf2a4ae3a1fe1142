import type { CanaryChange, CanaryFault } from './canary/canary-events.js'
import type { CanaryDecision } from './canary/decisions.js'
import type { ProblemCode } from './errors.js'
import type { MirrorExample } from './mirror/diff/diff-report.js'

/** What every event of a gateway carries. */
export interface RouteEvent {
  /** The route's path, as it was defined. */
  readonly route: string
}

export interface CircuitEvent extends RouteEvent {
  readonly serviceName: string
  /** The version or canary arm whose circuit it is; `undefined` where the route has but one. */
  readonly version: string | undefined
}

export interface RateLimitEvent extends RouteEvent {
  readonly clientIp: string
  readonly retryAfterMs: number
}

export interface RouteFailureEvent extends RouteEvent {
  readonly serviceName: string
  readonly method: string
  /** Canonical, without the query. */
  readonly path: string
  readonly requestId: string | undefined
  /** What the client was told, even if the answer broke off afterwards. */
  readonly status: number
  readonly error: Error
}

export interface CanaryRouteEvent extends RouteEvent, CanaryChange {}

export interface CanaryDecisionEvent extends RouteEvent, CanaryDecision {}

export interface CanaryFaultEvent extends RouteEvent, CanaryFault {}

/** What came from a client is no request, and was answered without a route. */
export interface UnreadableRequestEvent {
  /** The code of the problem that the client was told. */
  readonly code: ProblemCode
  readonly status: number
  /** The address of whoever sent it; proxies in front are not looked through. */
  readonly clientIp: string
}

/** There was no room for a request in `limits.maxConcurrentRequests`: it was answered with 503 `GATEWAY_OVERLOADED`, without a route. */
export interface ShedRequestEvent {
  readonly clientIp: string
  readonly retryAfterMs: number
}

/** A mirror answered something else than the service did. */
export interface MirrorDiffEvent extends RouteEvent, MirrorExample {
  /** The mirror's. */
  readonly service: string
}

/** What `replaceRoutes` did. */
export interface RoutesReplacedEvent {
  /** Paths of the routes that are new or were changed. */
  readonly added: readonly string[]
  /** Paths of the routes that are gone, or that a changed one has replaced. */
  readonly removed: readonly string[]
  /** Paths of the routes that stay as they are, with all their state. */
  readonly kept: readonly string[]
}

/** Listen with `gateway.on(name, listener)`. */
export interface GatewayEvents {
  'canary:promote': CanaryRouteEvent
  'canary:rollback': CanaryRouteEvent
  'canary:complete': CanaryRouteEvent
  'canary:paused': CanaryRouteEvent
  'canary:decision': CanaryDecisionEvent
  'canary:fault': CanaryFaultEvent
  'circuit:open': CircuitEvent
  'circuit:close': CircuitEvent
  'circuit:half-open': CircuitEvent
  'rate-limit:exceeded': RateLimitEvent
  /** The gateway had to answer with a 5xx of its own, or to break off; time-outs have their own event. */
  'route:error': RouteFailureEvent
  'route:timeout': RouteFailureEvent
  /** As often as clients send them: count, and do no more. */
  'request:unreadable': UnreadableRequestEvent
  /** For each request that is shed: count, and do no more. */
  'request:shed': ShedRequestEvent
  /** As often as answers differ: count, and do no more. */
  'mirror:diff': MirrorDiffEvent
  /** A removed route's last request has ended, and its state is gone: breakers, limiters, canary, watches. */
  'route:released': RouteEvent
  /** All routes were swapped at once; requests under way go on with those they came by. */
  'routes:replaced': RoutesReplacedEvent
}
