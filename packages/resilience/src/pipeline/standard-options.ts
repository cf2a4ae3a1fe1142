import { type ConfigProblem, type Duration, type OptionsReader, problemsOf } from '@hazeljs/core'
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

/** What is wrong with `options`, in all parts; empty when a pipeline can be made of them. */
export function standardProblems(options: StandardOptions): readonly ConfigProblem[] {
  return problemsOf(readStandardOptions, options)
}

export function readStandardOptions(options: OptionsReader<StandardOptions>): ResolvedStandardOptions {
  const name = options.string('name', undefined)
  const timeoutMs = readTime(options, 'timeout', defaultTotalTimeoutMs)
  const propagateDeadline = options.boolean('propagateDeadline', false)
  if (propagateDeadline && timeoutMs === undefined) options.add('propagateDeadline', 'there is no timeout to pass on')
  const retry = readPart(options, 'retry', {}, retryProblems)
  if (options.has('budget') && options.value('retry') === false) options.add('budget', 'there are no retries to limit')
  if (options.has('budget') && retry?.budget !== undefined) options.add('budget', 'retry has one, too')
  const attempts = retry === undefined ? 1 : (retry.maxAttempts ?? defaultMaxAttempts) + 1
  const shareMs = timeoutMs !== undefined && attempts > 1 ? Math.max(1, Math.floor(timeoutMs / attempts)) : undefined
  return {
    name,
    rateLimit: readPart(options, 'rateLimit', false, rateLimiterProblems),
    timeoutMs,
    propagateDeadline,
    retry,
    budget: options.able('budget', 'RetryBudget', 'tryTake'),
    circuitBreaker: readPart(options, 'circuitBreaker', {}, circuitBreakerProblems),
    attemptTimeoutMs: readTime(options, 'attemptTimeout', shareMs),
    metrics: options.able('metrics', 'MetricsCollector', 'recordSuccess'),
  }
}

function readTime(options: OptionsReader<StandardOptions>, name: 'timeout' | 'attemptTimeout', fallback: number | undefined) {
  return options.value(name) === false ? undefined : options.duration(name, fallback, 1)
}

type PartOptions<N extends keyof StandardOptions> = Exclude<StandardOptions[N], false | undefined>

/** `undefined`: there is to be none, or there are problems. */
function readPart<N extends 'rateLimit' | 'retry' | 'circuitBreaker'>(
  options: OptionsReader<StandardOptions>,
  name: N,
  fallback: PartOptions<N> | false,
  problemsIn: (options: PartOptions<N>) => readonly ConfigProblem[],
): PartOptions<N> | undefined {
  const value = options.value(name) as PartOptions<N> | false
  const given = options.has(name) ? value : fallback
  if (given === false) return undefined
  const problems = problemsIn(given)
  for (const { path, message } of problems) options.add(path === '' ? name : `${name}.${path}`, message)
  return problems.length === 0 ? given : undefined
}
