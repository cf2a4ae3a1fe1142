import type { RateLimiter, RetryBudget, RetryPolicy } from '@hazeljs/resilience'
import type { CanaryEngine } from './canary/canary-engine.js'
import type { RequestView } from './config/definition.js'
import type { ResolvedRoute } from './config/resolved.js'
import type { RequestHeaderRules, ResponseHeaderRules } from './http/headers.js'
import type { InFlight } from './in-flight.js'
import type { Mirror } from './mirror/mirror.js'
import type { Subset } from './subset.js'
import type { VersionSelector } from './versions/version-selector.js'

/** A route ready to serve: its policies with their state. Made once, read by its stages, closed when the route is removed. */
export interface RoutePlan {
  readonly path: string
  readonly serviceName: string
  readonly strategy: string
  readonly allowEncodedSlashes: boolean
  readonly stripPrefix: string
  readonly addPrefix: string
  readonly requestRules: RequestHeaderRules
  readonly answerRules: ResponseHeaderRules
  readonly timeoutMs: number | undefined
  readonly attemptTimeoutMs: number | undefined
  readonly maxBodyBytes: number | undefined
  /** Protocols that a client may change to, in lower case. */
  readonly upgrades: readonly string[]
  readonly upgradeIdleMs: number | undefined
  readonly resolved: ResolvedRoute

  /** Serves what no version and no canary arm serves. */
  readonly whole: Subset
  readonly versions: { readonly selector: VersionSelector; readonly subsets: ReadonlyMap<string, Subset> } | undefined
  readonly canary: { readonly engine: CanaryEngine; readonly stable: Subset; readonly canary: Subset } | undefined
  /** Every subset that requests may go to. */
  readonly subsets: readonly Subset[]

  readonly limiter: RateLimiter | undefined
  readonly limiterWindowSeconds: number
  readonly limiterKey: 'ip' | ((request: RequestView) => string) | undefined
  readonly retry: RetryPolicy
  /** The service's, which limits `retry`. */
  readonly budget: RetryBudget
  /** Whether answers and resets are retried, and not only connections that can't be made. */
  readonly retriesAnswers: boolean
  /** Whether a subset has a circuit breaker. */
  readonly breaks: boolean
  /** Whether a subset has a bulkhead. */
  readonly bounded: boolean
  /** Whether a subset has a limit that follows its latency. */
  readonly adapts: boolean
  readonly mirror: Mirror | undefined
  /** Its requests, which go on when the route is removed. */
  readonly inFlight: InFlight
}
