import { type ConfigProblem, type Duration, type OptionsReader, problemsOf, resolveOptions } from '@hazeljs/core'
import type { MetricsCollector } from '../metrics/metrics-collector.js'
import type { FailurePredicate, ResultPredicate } from '../outcome.js'
import type { CircuitState } from './circuit-state.js'

export interface SlidingWindowOptions {
  /** `count`: the last `size` calls. `time`: the calls of the last `size` milliseconds, in ten steps. */
  readonly type: 'count' | 'time'
  /** Calls for `count` (default 100), a duration for `time` (default 10 s). */
  readonly size?: Duration | undefined
}

export interface ResetBackoffOptions {
  /** How much longer each opening in a row lasts. Default 2. */
  readonly factor?: number | undefined
  /** The longest reset time. Default 60 s, or `resetTimeout` where that is longer. */
  readonly max?: Duration | undefined
  /** How far the reset time strays both ways, in per cent, so that many processes do not probe at once. Default 20. */
  readonly jitter?: number | undefined
}

export interface CircuitBreakerOptions {
  /** Names the circuit in errors. */
  readonly name?: string | undefined
  /** Failures in the window that open the circuit. Default: off; `failureRateThreshold` decides. */
  readonly failureThreshold?: number | undefined
  /** Share of failures in the window that opens the circuit, in per cent. Default 50 where `failureThreshold` is missing, else off. */
  readonly failureRateThreshold?: number | undefined
  /** Calls in the window before a rate counts. Default 20, or the size of a smaller count window. */
  readonly minimumCalls?: number | undefined
  /** A call that takes longer is slow. Default 60 s. Calls are timed only where this, `slowCallRateThreshold` or `metrics` is given. */
  readonly slowCallDuration?: Duration | undefined
  /** Share of slow calls, failed or not, that opens the circuit, in per cent. Default: off. */
  readonly slowCallRateThreshold?: number | undefined
  /** Default: the last 100 calls. */
  readonly slidingWindow?: SlidingWindowOptions | undefined
  /** Good calls in HALF_OPEN that close the circuit. Default 5, or a smaller `halfOpenCalls`. */
  readonly successThreshold?: number | undefined
  /** Calls that HALF_OPEN lets through. It opens again as soon as `successThreshold` is out of reach. Default `successThreshold`. */
  readonly halfOpenCalls?: number | undefined
  /** How long HALF_OPEN waits for the calls it let through before it takes them for failed. Default: as long as it was open, at least `timeout`. */
  readonly halfOpenMaxWait?: Duration | undefined
  /** How long the circuit stays open before it tries again. Default 5 s. A longer `retryAfterMs` of the last failure, up to 60 s, goes before. */
  readonly resetTimeout?: Duration | undefined
  /** Lengthens the reset time with each opening in a row. Default: off where `resetTimeout` is given, else on. */
  readonly resetBackoff?: boolean | ResetBackoffOptions | undefined
  /** Aborts a call that takes longer, with a TimeoutError, which is a failure. Default: none. */
  readonly timeout?: Duration | undefined
  /** Default: every error is a failure, but for rejections of inner policies. Cancellations are always ignored. */
  readonly failurePredicate?: FailurePredicate | undefined
  /** Default: every result is a success. */
  readonly resultPredicate?: ResultPredicate | undefined
  /** Told of each change of state, at once. What it throws is reported as a warning of the process. */
  readonly onStateChange?: ((from: CircuitState, to: CircuitState) => void) | undefined
  /**
   * Records each call that ran and how long it took, with the verdict of this breaker. Rejections, ignored outcomes and calls made while
   * DISABLED are not recorded. Default: none, and nothing is timed for it.
   */
  readonly metrics?: MetricsCollector | undefined
}

export const defaultCountWindowCalls = 100
export const defaultTimeWindowMs = 10_000
export const defaultFailureRateThreshold = 50
export const defaultMinimumCalls = 20
export const defaultSlowCallDurationMs = 60_000
export const defaultSuccessThreshold = 5
export const defaultResetTimeoutMs = 5_000
export const defaultResetBackoff = { factor: 2, maxMs: 60_000, jitter: 20 } as const

/** Options after checking. `undefined` is off. */
export interface ResolvedCircuitBreakerOptions {
  readonly name: string | undefined
  readonly failureThreshold: number | undefined
  readonly failureRateThreshold: number | undefined
  readonly minimumCalls: number
  /** `undefined`: calls are not timed. */
  readonly slowCallDurationMs: number | undefined
  readonly slowCallRateThreshold: number | undefined
  /** Calls or milliseconds. */
  readonly slidingWindow: { readonly type: 'count' | 'time'; readonly size: number }
  readonly successThreshold: number
  readonly halfOpenCalls: number
  readonly halfOpenMaxWaitMs: number | undefined
  readonly resetTimeoutMs: number
  readonly resetBackoff: { readonly factor: number; readonly maxMs: number; readonly jitter: number } | undefined
  readonly timeoutMs: number | undefined
  readonly failurePredicate: FailurePredicate | undefined
  readonly resultPredicate: ResultPredicate | undefined
  readonly onStateChange: ((from: CircuitState, to: CircuitState) => void) | undefined
  readonly metrics: MetricsCollector | undefined
}

const percentage = { min: 0.01, max: 100 }
const positiveCount = { min: 1, integer: true }

/** What is wrong with `options`; empty when a breaker can be made of them. */
export function circuitBreakerProblems(options: CircuitBreakerOptions): readonly ConfigProblem[] {
  return problemsOf(readOptions, options)
}

/** @throws ConfigError listing every problem. */
export function resolveCircuitBreakerOptions(options: CircuitBreakerOptions): ResolvedCircuitBreakerOptions {
  return resolveOptions('CircuitBreaker', readOptions, options)
}

function readOptions(options: OptionsReader<CircuitBreakerOptions>): ResolvedCircuitBreakerOptions {
  const slidingWindow = readWindow(options.object('slidingWindow'))
  const inWindow = { ...positiveCount, max: slidingWindow.type === 'count' ? slidingWindow.size : Infinity }
  const timed = options.has('slowCallDuration') || options.has('slowCallRateThreshold')
  const slowCallDurationMs = options.duration('slowCallDuration', defaultSlowCallDurationMs)
  const halfOpenCalls = options.number('halfOpenCalls', undefined, positiveCount)
  const successThreshold = options.number('successThreshold', Math.min(defaultSuccessThreshold, halfOpenCalls ?? Infinity), positiveCount)
  if (halfOpenCalls !== undefined && halfOpenCalls < successThreshold)
    options.add('halfOpenCalls', `expected at least successThreshold, ${successThreshold}, got ${halfOpenCalls}`)
  const resetTimeoutMs = options.duration('resetTimeout', defaultResetTimeoutMs, 1)
  const rateByDefault = options.has('failureThreshold') ? undefined : defaultFailureRateThreshold
  return {
    name: options.string('name', undefined),
    failureThreshold: options.number('failureThreshold', undefined, inWindow),
    failureRateThreshold: options.number('failureRateThreshold', rateByDefault, percentage),
    minimumCalls: options.number('minimumCalls', Math.min(defaultMinimumCalls, inWindow.max), inWindow),
    slowCallDurationMs: timed ? slowCallDurationMs : undefined,
    slowCallRateThreshold: options.number('slowCallRateThreshold', undefined, percentage),
    slidingWindow,
    successThreshold,
    halfOpenCalls: halfOpenCalls ?? successThreshold,
    halfOpenMaxWaitMs: options.duration('halfOpenMaxWait', undefined, 1),
    resetTimeoutMs,
    resetBackoff: readBackoff(options, resetTimeoutMs),
    timeoutMs: options.duration('timeout', undefined, 1),
    failurePredicate: options.function('failurePredicate'),
    resultPredicate: options.function('resultPredicate'),
    onStateChange: options.function('onStateChange'),
    metrics: options.able('metrics', 'MetricsCollector', 'recordSuccess'),
  }
}

function readWindow(window: OptionsReader<SlidingWindowOptions>): ResolvedCircuitBreakerOptions['slidingWindow'] {
  const type = window.oneOf('type', 'count', ['count', 'time'])
  if (type === 'time') return { type, size: window.duration('size', defaultTimeWindowMs, 10) }
  return { type, size: window.number('size', defaultCountWindowCalls, { min: 1, max: 1_000_000, integer: true }) }
}

function readBackoff(options: OptionsReader<CircuitBreakerOptions>, resetTimeoutMs: number): ResolvedCircuitBreakerOptions['resetBackoff'] {
  const given = options.value('resetBackoff') ?? !options.has('resetTimeout')
  if (given === false) return undefined
  const backoff = options.object('resetBackoff', given === true ? {} : given)
  const maxMs = backoff.duration('max', Math.max(defaultResetBackoff.maxMs, resetTimeoutMs), 1)
  if (maxMs < resetTimeoutMs) backoff.add('max', `expected at least resetTimeout, ${resetTimeoutMs} ms, got ${maxMs} ms`)
  return {
    factor: backoff.number('factor', defaultResetBackoff.factor, { min: 1, max: 100 }),
    maxMs,
    jitter: backoff.number('jitter', defaultResetBackoff.jitter, { min: 0, max: 100 }),
  }
}
