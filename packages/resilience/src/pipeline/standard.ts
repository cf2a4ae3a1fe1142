import { type Clock, guardClock, type Random, resolveOptions, systemClock, systemRandom } from '@hazeljs/core'
import { CircuitBreaker } from '../circuit-breaker/circuit-breaker.js'
import { compose } from '../compose.js'
import type { CircuitBreakerError } from '../errors.js'
import type { MetricsCollector } from '../metrics/metrics-collector.js'
import type { Policy } from '../policy.js'
import { RateLimiter } from '../rate-limiter/rate-limiter.js'
import { RetryBudget } from '../retry/retry-budget.js'
import { RetryPolicy } from '../retry/retry-policy.js'
import { isRetryable } from '../retry/retryable.js'
import { Timeout } from '../timeout/timeout.js'
import type { Pipeline } from './pipeline.js'
import { Recorder } from './recorder.js'
import { readStandardOptions, type StandardOptions } from './standard-options.js'

/** A pipeline whose parts have names; `undefined` is what the options turned off. */
export interface StandardPipeline extends Pipeline {
  readonly name: string | undefined
  readonly metrics: MetricsCollector | undefined
  readonly rateLimiter: RateLimiter | undefined
  /** For attempts and pauses together. */
  readonly timeout: Timeout | undefined
  readonly retry: RetryPolicy | undefined
  readonly budget: RetryBudget | undefined
  readonly circuitBreaker: CircuitBreaker | undefined
  readonly attemptTimeout: Timeout | undefined
}

/**
 * A pipeline that suits most calls of another service, one for each target: limit → total timeout → retry within a budget → circuit
 * breaker → attempt timeout. Calls beyond the limit cost nothing; attempts and pauses share one deadline; each attempt is judged alone; an
 * open circuit ends the retries, too, for its callers are to fail fast; a target that hangs costs one attempt, not all of the time.
 *
 * It retries: give a call that must not happen twice the option `idempotent: false`, or the pipeline `retry: false`.
 *
 * @throws ConfigError listing everything that is wrong, with paths such as `retry.baseDelay`; nothing was made then.
 */
export function standard(options: StandardOptions = {}, clock: Clock = systemClock, random: Random = systemRandom): StandardPipeline {
  const resolved = resolveOptions('standard', readStandardOptions, options)
  const { name, metrics, timeoutMs, propagateDeadline, attemptTimeoutMs } = resolved
  const budget = resolved.retry && (resolved.retry.budget ?? resolved.budget ?? new RetryBudget({}, clock))
  const resultPredicate = resolved.retry?.resultPredicate ?? resolved.circuitBreaker?.resultPredicate
  const recorder = metrics && new Recorder(metrics, guardClock(clock), resultPredicate)
  const rateLimiter = resolved.rateLimit && new RateLimiter(resolved.rateLimit, clock)
  const timeout = timeoutMs === undefined ? undefined : new Timeout({ duration: timeoutMs, propagate: propagateDeadline }, clock)
  const retryPredicate = resolved.retry?.retryPredicate ?? mayHelp
  const retry = resolved.retry && new RetryPolicy({ ...resolved.retry, budget, retryPredicate }, clock, random)
  const circuitBreaker =
    resolved.circuitBreaker && new CircuitBreaker({ ...resolved.circuitBreaker, name: resolved.circuitBreaker.name ?? name }, clock, random)
  const attemptTimeout = attemptTimeoutMs === undefined ? undefined : new Timeout(attemptTimeoutMs, clock)
  const parts: readonly (Policy | undefined)[] = [recorder, rateLimiter, timeout, retry, circuitBreaker, attemptTimeout]
  const pipeline = compose(...parts.filter((part) => part !== undefined))
  return Object.assign(pipeline, { name, metrics, rateLimiter, timeout, retry, budget, circuitBreaker, attemptTimeout })
}

/** As a retry alone has it, but that it would wait for an open circuit: callers who pile up until it opens a little gain nothing. */
function mayHelp(error: Error): boolean {
  return isRetryable(error) && (error as Partial<CircuitBreakerError>).code !== 'CIRCUIT_OPEN'
}
