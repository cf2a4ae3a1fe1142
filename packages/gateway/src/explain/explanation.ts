import type { ServiceFilter, ServiceInstance } from '@hazeljs/core'
import type { AdaptiveConcurrencyMetrics, BulkheadMetrics, CircuitBreakerMetrics, LimitState } from '@hazeljs/resilience'
import type { CanaryArmName } from '../canary/canary-metrics.js'
import type { CanaryState } from '../canary/canary-state.js'
import type { ResolvedMirror } from '../config/mirror-config.js'
import type { VersionResolution } from '../versions/version-router.js'

/** A field's name and its value. */
export type Field = readonly [name: string, value: string]

export interface ExplainedRoute {
  readonly path: string
  /** `undefined`: every method. */
  readonly methods: readonly string[] | undefined
  readonly serviceName: string
}

export interface OtherRoute extends ExplainedRoute {
  /** Its path does not match; its path does, but not its method; both do, but the route that serves is more specific. */
  readonly reason: 'path' | 'method' | 'less-specific'
}

export interface ExplainedCanary {
  readonly arm: CanaryArmName
  /** The canary's, in per cent. */
  readonly weight: number
  readonly state: CanaryState
  /** A tester's header or cookie, the request's key by `stickyBy`, or chance: then the next request may be the other arm's. */
  readonly chosenBy: 'override' | 'key' | 'chance'
  /** The canary was chosen, but has no instance or an open circuit: stable takes its place. */
  readonly diverted: boolean
  /** Where the canary fails, stable answers, if that is harmless. */
  readonly fallsBack: boolean
}

export interface ExplainedSubset {
  /** The version or the canary arm's version; `undefined` where the route has but one subset. */
  readonly version: string | undefined
  readonly filter: ServiceFilter | undefined
  /** Those that are UP, from which one would be picked. */
  readonly instances: readonly ServiceInstance[]
}

/** What the route's policies allow, and where they stand. Durations are in milliseconds; `undefined`: the route has no such policy. */
export interface ExplainedPolicies {
  readonly timeoutMs: number | undefined
  readonly attemptTimeoutMs: number | undefined
  readonly connectTimeoutMs: number
  readonly idleTimeoutMs: number
  /** `undefined`: no limit. */
  readonly maxBodyBytes: number | undefined
  /**
   * `answers: false`: only connections that can't be made are retried. `budget`: how many retries the service's routes may make now; below 1,
   * none.
   */
  readonly retry: { readonly attempts: number; readonly answers: boolean; readonly summary: string; readonly budget: number }
  /** Of the request's subset. */
  readonly circuitBreaker: (CircuitBreakerMetrics & { readonly retryAfterMs: number }) | undefined
  /** Of the request's key. */
  readonly rateLimit: LimitState | undefined
  /** Of the request's subset. */
  readonly bulkhead: BulkheadMetrics | undefined
  /** Of the request's subset. */
  readonly adaptiveConcurrency: AdaptiveConcurrencyMetrics | undefined
  readonly mirror: ResolvedMirror | undefined
  /** The largest bodies that functions change; `undefined` for those that they leave alone. Edits to fields show in `upstream`. */
  readonly transform: { readonly requestBytes: number | undefined; readonly responseBytes: number | undefined } | undefined
}

/** What becomes of the request's body, by what `Content-Length` and `Transfer-Encoding` say of it. */
export interface ExplainedBody {
  /** `undefined`: it comes in chunks, and nobody knows. */
  readonly bytes: number | undefined
  /** `undefined`: no limit. */
  readonly maxBytes: number | undefined
  /** Whether it is read ahead and kept for further attempts; what is not streams, and is sent once. `if-short`: up to 64 KiB. */
  readonly kept: 'whole' | 'if-short' | 'no'
}

export interface ExplainedUpgrade {
  /** The protocols that the request offers, in lower case. */
  readonly offered: readonly string[]
  /** The one that the instance is asked for; `undefined`: the request is served as if it had not asked. */
  readonly passes: string | undefined
}

export interface ExplainedUpstream {
  /** Path and query as the instance gets them. */
  readonly target: string
  /** As the instance gets them, in order; the instance's `Host` is added per attempt unless the route preserves the client's. */
  readonly headers: readonly Field[]
  /** Those that the request did not bring. */
  readonly added: readonly Field[]
  /** Those that the instance does not get. */
  readonly removed: readonly Field[]
}

export interface ExplainedRefusal {
  readonly status: number
  /** One of `problemCodes`. */
  readonly code: string
  readonly title: string
  readonly detail: string | undefined
  readonly retryAfterMs: number | undefined
}

/** What would become of a request if it came now. */
export interface Explanation {
  /** As the gateway understands it. */
  readonly request: {
    readonly method: string
    /** Canonical, without the query. */
    readonly path: string
    /** With its `?`; empty when there is none. */
    readonly query: string
    readonly host: string
    readonly clientIp: string
  }
  /** `forward`: it goes to an instance; `answer`: the gateway answers itself, as it does preflights; `refuse`: see `refusal`. */
  readonly outcome: 'forward' | 'answer' | 'refuse'
  readonly refusal: ExplainedRefusal | undefined
  readonly route: ExplainedRoute | undefined
  readonly otherRoutes: readonly OtherRoute[]
  readonly version: VersionResolution | undefined
  /** `undefined` as well where the request asked for a version by name. */
  readonly canary: ExplainedCanary | undefined
  /** `undefined` where the request was refused before. */
  readonly subset: ExplainedSubset | undefined
  readonly policies: ExplainedPolicies | undefined
  /** `undefined` where the request has none, or was refused before. */
  readonly body: ExplainedBody | undefined
  /** `undefined` where the request asks for no other protocol, or was refused before. */
  readonly upgrade: ExplainedUpgrade | undefined
  /** `undefined` where the request was refused before. */
  readonly upstream: ExplainedUpstream | undefined
  /** Fields that the gateway would put on the answer. */
  readonly answerHeaders: readonly Field[]
  /** All of it as text, a line each. */
  toString(): string
}
