import { type ConfigProblem, type Duration, type OptionsCheck, problemsOf } from '@hazeljs/core'
import { circuitBreakerProblems, type CircuitBreakerOptions } from '../circuit-breaker/options.js'
import type { MetricsCollector } from '../metrics/metrics-collector.js'
import { type RateLimiterOptions, rateLimiterProblems } from '../rate-limiter/options.js'
import { defaultMaxAttempts, retryProblems, type RetryOptions } from '../retry/options.js'
import type { RetryBudget } from '../retry/retry-budget.js'

export interface StandardOptions {
  /** Names the pipeline, and in its errors the circuit, unless that has a name of its own. */
  readonly name?: string | undefined
  /** Turns calls away before anything else is done for them. Default: no limit. */
  readonly rateLimit?: RateLimiterOptions | false | undefined
  /** For a call's attempts and pauses together, from 1 ms; `false` is none. Default 30 s. */
  readonly timeout?: Duration | false | undefined
  /**
   * Whether calls made inside, in the same asynchronous flow, inherit the time that is left of `timeout` without being handed the context.
   * Default `false`, for it takes an AsyncLocalStorage, whose first use makes every promise of the process dearer on Node before 24: an
   * application decides that, not a default.
   */
  readonly propagateDeadline?: boolean | undefined
  /** `false` is none. Default: 2 retries with the defaults of RetryPolicy, but that an open circuit is not waited for. A budget is always kept. */
  readonly retry?: RetryOptions | false | undefined
  /** Limits retries to a share of the calls. Share one between all pipelines that call the same target. Default: one of this pipeline's own. */
  readonly budget?: RetryBudget | undefined
  /** `false` is none. Default: opens at a failure rate of 50 per cent, as all defaults of CircuitBreaker. */
  readonly circuitBreaker?: CircuitBreakerOptions | false | undefined
  /** For each attempt, from 1 ms; `false` is none. Default: `timeout` divided by the attempts; none where there is but one, or no `timeout`. */
  readonly attemptTimeout?: Duration | false | undefined
  /**
   * Told how each call ended and how long it took, attempts and pauses together. What was turned away or called off is not told; a result
   * that the `resultPredicate` of the retry, or else of the circuit breaker, refuses is a failure. Default: none.
   */
  readonly metrics?: MetricsCollector | undefined
}

export const defaultTotalTimeoutMs = 30_000

/** Options after checking. `undefined` is off. */
interface ResolvedStandardOptions {
  readonly name: string | undefined
  readonly rateLimit: RateLimiterOptions | undefined
  readonly timeoutMs: number | undefined
  readonly propagateDeadline: boolean
  readonly retry: RetryOptions | undefined
  readonly budget: RetryBudget | undefined
  readonly circuitBreaker: CircuitBreakerOptions | undefined
  readonly attemptTimeoutMs: number | undefined
  readonly metrics: MetricsCollector | undefined
}

const optionNames: readonly (keyof StandardOptions)[] = [
  'name',
  'rateLimit',
  'timeout',
  'propagateDeadline',
  'retry',
  'budget',
  'circuitBreaker',
  'attemptTimeout',
  'metrics',
]

/** What is wrong with `options`, in all parts; empty when a pipeline can be made of them. */
export function standardProblems(options: StandardOptions): readonly ConfigProblem[] {
  return problemsOf(checkStandardOptions, options)
}

export function checkStandardOptions(given: StandardOptions, check: OptionsCheck): ResolvedStandardOptions {
  const options = check.object('', given, optionNames)
  const { name, rateLimit = false, timeout = defaultTotalTimeoutMs, retry = {}, budget, circuitBreaker = {} } = options
  if (name !== undefined && typeof name !== 'string') check.add('name', 'expected a string')
  const timeoutMs = checkTime('timeout', timeout, check)
  const propagateDeadline = check.oneOf('propagateDeadline', options.propagateDeadline, false, [true, false])
  if (propagateDeadline && timeoutMs === undefined) check.add('propagateDeadline', 'there is no timeout to pass on')
  const retryOptions = checkPart('retry', retry, retryProblems, check)
  if (budget !== undefined && retry === false) check.add('budget', 'there are no retries to limit')
  if (budget !== undefined && retryOptions?.budget !== undefined) check.add('budget', 'retry has one, too')
  const attempts = retryOptions === undefined ? 1 : (retryOptions.maxAttempts ?? defaultMaxAttempts) + 1
  const shareMs = timeoutMs !== undefined && attempts > 1 && Math.max(1, Math.floor(timeoutMs / attempts))
  const { attemptTimeout = shareMs } = options
  return {
    name,
    rateLimit: checkPart('rateLimit', rateLimit, rateLimiterProblems, check),
    timeoutMs,
    propagateDeadline,
    retry: retryOptions,
    budget: check.able('budget', budget, 'RetryBudget', 'tryTake'),
    circuitBreaker: checkPart('circuitBreaker', circuitBreaker, circuitBreakerProblems, check),
    attemptTimeoutMs: checkTime('attemptTimeout', attemptTimeout, check),
    metrics: check.able('metrics', options.metrics, 'MetricsCollector', 'recordSuccess'),
  }
}

function checkTime(path: string, given: Duration | false, check: OptionsCheck): number | undefined {
  return given === false ? undefined : check.duration(path, given, 1, 1)
}

/** `undefined`: there is to be none, or there are problems. */
function checkPart<O>(
  path: string,
  given: O | false,
  problemsIn: (options: O) => readonly ConfigProblem[],
  check: OptionsCheck,
): O | undefined {
  if (given === false) return undefined
  const problems = problemsIn(given)
  for (const problem of problems) check.add(problem.path === '' ? path : `${path}.${problem.path}`, problem.message)
  return problems.length === 0 ? given : undefined
}
