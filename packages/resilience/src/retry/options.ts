import { type ConfigProblem, type Duration, type OptionsCheck, problemsOf, resolveOptions } from '@hazeljs/core'
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
  readonly onRetry: ((error: Error, attempt: number) => void) | undefined
  readonly budget: RetryBudget | undefined
  readonly metrics: MetricsCollector | undefined
}

const optionNames: readonly (keyof RetryOptions)[] = [
  'maxAttempts',
  'backoff',
  'baseDelay',
  'maxDelay',
  'jitter',
  'maxRetryAfter',
  'retryPredicate',
  'resultPredicate',
  'onRetry',
  'budget',
  'metrics',
]

/** What is wrong with `options`; empty when a policy can be made of them. */
export function retryProblems(options: RetryOptions): readonly ConfigProblem[] {
  return problemsOf(checkRetryOptions, options)
}

/** @throws ConfigError listing every problem. */
export function resolveRetryOptions(options: RetryOptions): ResolvedRetryOptions {
  return resolveOptions('RetryPolicy', checkRetryOptions, options)
}

function checkRetryOptions(given: RetryOptions, check: OptionsCheck): ResolvedRetryOptions {
  const options = check.object('', given, optionNames)
  const baseDelayMs = check.duration('baseDelay', options.baseDelay, defaultBaseDelayMs)
  const maxDelayMs = check.duration('maxDelay', options.maxDelay, Math.max(defaultMaxDelayMs, baseDelayMs))
  if (maxDelayMs < baseDelayMs) check.add('maxDelay', `expected at least baseDelay, ${baseDelayMs} ms, got ${maxDelayMs} ms`)
  return {
    maxAttempts: check.number('maxAttempts', options.maxAttempts, defaultMaxAttempts, { min: 0, max: 1_000, integer: true }),
    backoff: check.oneOf<Backoff>('backoff', options.backoff, 'exponential', ['fixed', 'linear', 'exponential']),
    baseDelayMs,
    maxDelayMs,
    jitter: checkJitter(options.jitter, check),
    maxRetryAfterMs: check.duration('maxRetryAfter', options.maxRetryAfter, defaultMaxRetryAfterMs),
    retryPredicate: check.function('retryPredicate', options.retryPredicate),
    resultPredicate: check.function('resultPredicate', options.resultPredicate),
    onRetry: check.function('onRetry', options.onRetry),
    budget: check.able('budget', options.budget, 'RetryBudget', 'tryTake'),
    metrics: check.able('metrics', options.metrics, 'MetricsCollector', 'recordSuccess'),
  }
}

function checkJitter(given: RetryOptions['jitter'], check: OptionsCheck): JitterKind {
  const jitter = check.oneOf<boolean | JitterKind>('jitter', given, true, [true, false, 'none', 'full', 'equal', 'decorrelated'])
  if (typeof jitter === 'string') return jitter
  return jitter ? 'full' : 'none'
}
