import { type ConfigProblem, type Duration, type OptionsReader, problemsOf, resolveOptions } from '@hazeljs/core'
import type { MetricsCollector } from '../metrics/metrics-collector.js'
import type { ResultPredicate } from '../outcome.js'
import type { RetryBudget } from './retry-budget.js'

/** How pauses grow: `fixed` base, base; `linear` base, 2 × base, 3 × base; `exponential` base, 2 × base, 4 × base. */
export type Backoff = 'fixed' | 'linear' | 'exponential'

/**
 * How a pause strays, so that callers that failed together do not come back together. Of the pause `p` that the backoff gives: `none` p;
 * `full` from 0 to p; `equal` from p/2 to p; `decorrelated` from the base to three times the last pause, whatever the backoff. [AWS
 * Architecture Blog, Exponential Backoff And Jitter]
 */
export type JitterKind = 'none' | 'full' | 'equal' | 'decorrelated'

export interface RetryOptions {
  /** Retries after the first call: 3 makes four calls at most, 0 none but the first. Default 2. */
  readonly maxAttempts?: number | undefined
  /** Default `exponential`. */
  readonly backoff?: Backoff | undefined
  /** The first pause before jitter. Default 100 ms. */
  readonly baseDelay?: Duration | undefined
  /** The longest pause, but for what a target asks for. Default 2 s, or `baseDelay` where that is longer. */
  readonly maxDelay?: Duration | undefined
  /** `true` is `full`, `false` is `none`. Default `full`. */
  readonly jitter?: boolean | JitterKind | undefined
  /** The `retryAfterMs` of a failure, or of a result, is the least pause; above this nothing is retried. Default 30 s. */
  readonly maxRetryAfter?: Duration | undefined
  /**
   * Whether waiting may cure the error; cancellations are never retried. Other thrown values come wrapped in an Error. Default: everything
   * but AbortErrors, programmer errors, and rejections of inner policies that do not say when to come back.
   */
  readonly retryPredicate?: ((error: Error) => boolean) | undefined
  /**
   * Whether a result is as good as a failure: `true`, or `failure`, tries again. A result is no error: when no retry is left, `execute`
   * resolves with the last one. A predicate that throws is reported, and the result stands. Default: every result stands.
   */
  readonly resultPredicate?: ResultPredicate | undefined
  /**
   * Whether a call that does not say so itself, in the `idempotent` of its options, may happen twice. `false`: retried only where it cannot
   * have happened. Default `true`.
   */
  readonly idempotent?: boolean | undefined
  /**
   * Told before each pause; `attempt` counts retries from 1. Of a result that is tried again it gets an Error whose `cause` is the result.
   * What it throws is reported as a warning of the process.
   */
  readonly onRetry?: ((error: Error, attempt: number) => void) | undefined
  /** Limits retries to a share of the calls; give all policies that call one target the same. Default: none. */
  readonly budget?: RetryBudget | undefined
  /**
   * Told how each execution ended and how long it took, attempts and pauses together: a call that succeeds at its third attempt is one
   * success. A last result that `resultPredicate` refuses is a failure. Default: none.
   */
  readonly metrics?: MetricsCollector | undefined
}

export const defaultMaxAttempts = 2
export const defaultBaseDelayMs = 100
export const defaultMaxDelayMs = 2_000
export const defaultMaxRetryAfterMs = 30_000

/** Options after checking. */
export interface ResolvedRetryOptions {
  readonly maxAttempts: number
  readonly backoff: Backoff
  readonly baseDelayMs: number
  readonly maxDelayMs: number
  readonly jitter: JitterKind
  readonly maxRetryAfterMs: number
  readonly retryPredicate: ((error: Error) => boolean) | undefined
  readonly resultPredicate: ResultPredicate | undefined
  readonly idempotent: boolean
  readonly onRetry: ((error: Error, attempt: number) => void) | undefined
  readonly budget: RetryBudget | undefined
  readonly metrics: MetricsCollector | undefined
}

/** What is wrong with `options`; empty when a policy can be made of them. */
export function retryProblems(options: RetryOptions): readonly ConfigProblem[] {
  return problemsOf(readOptions, options)
}

/** @throws ConfigError listing every problem. */
export function resolveRetryOptions(options: RetryOptions): ResolvedRetryOptions {
  return resolveOptions('RetryPolicy', readOptions, options)
}

function readOptions(options: OptionsReader<RetryOptions>): ResolvedRetryOptions {
  const baseDelayMs = options.duration('baseDelay', defaultBaseDelayMs)
  const maxDelayMs = options.duration('maxDelay', Math.max(defaultMaxDelayMs, baseDelayMs))
  if (maxDelayMs < baseDelayMs) options.add('maxDelay', `expected at least baseDelay, ${baseDelayMs} ms, got ${maxDelayMs} ms`)
  const jitter = options.oneOf('jitter', true, [true, false, 'none', 'full', 'equal', 'decorrelated'])
  return {
    maxAttempts: options.number('maxAttempts', defaultMaxAttempts, { min: 0, max: 1_000, integer: true }),
    backoff: options.oneOf('backoff', 'exponential', ['fixed', 'linear', 'exponential']),
    baseDelayMs,
    maxDelayMs,
    jitter: jitter === true ? 'full' : jitter === false ? 'none' : jitter,
    maxRetryAfterMs: options.duration('maxRetryAfter', defaultMaxRetryAfterMs),
    retryPredicate: options.function('retryPredicate'),
    resultPredicate: options.function('resultPredicate'),
    idempotent: options.oneOf('idempotent', true, [true, false]),
    onRetry: options.function('onRetry'),
    budget: options.able('budget', 'RetryBudget', 'tryTake'),
    metrics: options.able('metrics', 'MetricsCollector', 'recordSuccess'),
  }
}
