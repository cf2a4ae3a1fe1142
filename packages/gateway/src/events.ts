import type { CanaryChange } from './canary/canary-events.js'

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

/** Listen with `gateway.on(name, listener)`. */
export interface GatewayEvents {
  'canary:promote': CanaryRouteEvent
  'canary:rollback': CanaryRouteEvent
  'canary:complete': CanaryRouteEvent
  'canary:paused': CanaryRouteEvent
  'circuit:open': CircuitEvent
  'circuit:close': CircuitEvent
  'circuit:half-open': CircuitEvent
  'rate-limit:exceeded': RateLimitEvent
  /** The gateway had to answer with a 5xx of its own, or to break off; time-outs have their own event. */
  'route:error': RouteFailureEvent
  'route:timeout': RouteFailureEvent
}
