export { AdaptiveConcurrencyLimiter, type AdaptiveConcurrencyMetrics } from './adaptive-concurrency/adaptive-concurrency-limiter.js'
export { type AdaptiveConcurrencyOptions, adaptiveConcurrencyProblems } from './adaptive-concurrency/options.js'
export { Bulkhead, type BulkheadMetrics } from './bulkhead/bulkhead.js'
export { type BulkheadOptions, bulkheadProblems } from './bulkhead/options.js'
export { CircuitBreaker } from './circuit-breaker/circuit-breaker.js'
export { CircuitState } from './circuit-breaker/circuit-state.js'
export type { CircuitBreakerEvents, CircuitBreakerMetrics } from './circuit-breaker/observation.js'
export {
  circuitBreakerProblems,
  type CircuitBreakerOptions,
  type ResetBackoffOptions,
  type ResolvedCircuitBreakerOptions,
  type SlidingWindowOptions,
} from './circuit-breaker/options.js'
export { CircuitBreakerRegistry, CircuitBreakers } from './circuit-breaker/registry.js'
export type { CircuitBreakerSnapshot, OpenSnapshot } from './circuit-breaker/snapshot.js'
export type { AmbientCall } from './ambient.js'
export { compose } from './compose.js'
export { lint } from './pipeline/lint.js'
export type { Pipeline, PipelineWarning } from './pipeline/pipeline.js'
export { standard, type StandardPipeline } from './pipeline/standard.js'
export { type StandardOptions, standardProblems } from './pipeline/standard-options.js'
export { wrap } from './pipeline/wrap.js'
export { WithBulkhead, WithCircuitBreaker, WithPolicy, WithRateLimit, WithRetry, WithTimeout } from './decorators/decorators.js'
export { Fallback } from './decorators/fallback.js'
export { type MethodPolicies, policiesOf } from './decorators/policies-of.js'
export type { FallbackDecorator, KeyFunction, MethodPolicyDecorator, MethodScope } from './decorators/signatures.js'
export { currentDeadline, withDeadline, withoutDeadline } from './deadline.js'
export type { PolicyDescription } from './description.js'
export {
  BulkheadError,
  CircuitBreakerError,
  HedgeLostError,
  RateLimitError,
  ResilienceError,
  type ResilienceErrorDetails,
  RetryExhaustedError,
  type RetryStop,
  TimeoutError,
} from './errors.js'
export { type FallbackHandler, type FallbackOptions, FallbackPolicy, type NarrowedFallbackOptions } from './fallback/fallback-policy.js'
export { Hedge, type HedgeMetrics } from './hedge/hedge.js'
export { type HedgeOptions, hedgeProblems } from './hedge/options.js'
export { aggregateMetrics, MetricsCollector } from './metrics/metrics-collector.js'
export { MetricsCollectors, MetricsRegistry } from './metrics/metrics-registry.js'
export type { MetricsSnapshot } from './metrics/snapshot.js'
export type { FailurePredicate, Outcome, ResultPredicate, Verdict } from './outcome.js'
export {
  type AlternativeOf,
  type Call,
  CallContext,
  type CallOptions,
  type Policy,
  type Priority,
  rootContext,
  toContext,
} from './policy.js'
export type { Limiter, LimitRequest, LimitState } from './rate-limiter/limiter.js'
export {
  type RateLimiterOptions,
  rateLimiterProblems,
  type RateLimitStrategy,
  type SlidingWindowLimiterOptions,
  type TokenBucketLimiterOptions,
} from './rate-limiter/options.js'
export { RateLimiter } from './rate-limiter/rate-limiter.js'
export { SlidingWindowLimiter } from './rate-limiter/sliding-window-limiter.js'
export { TokenBucketLimiter } from './rate-limiter/token-bucket-limiter.js'
export { type Backoff, type JitterKind, retryProblems, type RetryOptions } from './retry/options.js'
export { RetryBudget, type RetryBudgetOptions } from './retry/retry-budget.js'
export { RetryPolicy } from './retry/retry-policy.js'
export { isRetryable } from './retry/retryable.js'
export { Timeout, timeoutProblems, type TimeoutOptions, withTimeout } from './timeout/timeout.js'
