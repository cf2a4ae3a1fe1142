import { type ConfigProblem, type Duration, type OptionsCheck, problemsOf, resolveOptions } from '@hazeljs/core'
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

const optionNames: readonly (keyof CircuitBreakerOptions)[] = [
  'name',
  'failureThreshold',
  'failureRateThreshold',
  'minimumCalls',
  'slowCallDuration',
  'slowCallRateThreshold',
  'slidingWindow',
  'successThreshold',
  'halfOpenCalls',
  'halfOpenMaxWait',
  'resetTimeout',
  'resetBackoff',
  'timeout',
  'failurePredicate',
  'resultPredicate',
  'onStateChange',
  'metrics',
]

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

function readOptions(given: CircuitBreakerOptions, check: OptionsCheck): ResolvedCircuitBreakerOptions {
  const options = check.object('', given, optionNames)
  if (options.name !== undefined && typeof options.name !== 'string') check.add('name', 'expected a string')
  const window = checkWindow(options.slidingWindow, check)
  const inWindow = { ...positiveCount, max: window.type === 'count' ? window.size : Infinity }
  const probes = checkProbes(options, check)
  const resetTimeoutMs = check.duration('resetTimeout', options.resetTimeout, defaultResetTimeoutMs, 1)
  const rateByDefault = options.failureThreshold === undefined ? defaultFailureRateThreshold : undefined
  const timed = options.slowCallDuration !== undefined || options.slowCallRateThreshold !== undefined
  return {
    name: options.name,
    failureThreshold: optional(options.failureThreshold, (value) => check.number('failureThreshold', value, 1, inWindow)),
    failureRateThreshold:
      optional(options.failureRateThreshold, (value) => check.number('failureRateThreshold', value, 100, percentage)) ?? rateByDefault,
    minimumCalls: check.number('minimumCalls', options.minimumCalls, Math.min(defaultMinimumCalls, inWindow.max), inWindow),
    slowCallDurationMs: timed ? check.duration('slowCallDuration', options.slowCallDuration, defaultSlowCallDurationMs) : undefined,
    slowCallRateThreshold: optional(options.slowCallRateThreshold, (value) =>
      check.number('slowCallRateThreshold', value, 100, percentage),
    ),
    slidingWindow: window,
    ...probes,
    halfOpenMaxWaitMs: optional(options.halfOpenMaxWait, (value) => check.duration('halfOpenMaxWait', value, 1, 1)),
    resetTimeoutMs,
    resetBackoff: checkBackoff(options, resetTimeoutMs, check),
    timeoutMs: optional(options.timeout, (value) => check.duration('timeout', value, 1, 1)),
    failurePredicate: check.function('failurePredicate', options.failurePredicate),
    resultPredicate: check.function('resultPredicate', options.resultPredicate),
    onStateChange: check.function('onStateChange', options.onStateChange),
    metrics: check.able('metrics', options.metrics, 'MetricsCollector', 'recordSuccess'),
  }
}

function checkWindow(given: SlidingWindowOptions | undefined, check: OptionsCheck): ResolvedCircuitBreakerOptions['slidingWindow'] {
  if (given === undefined) return { type: 'count', size: defaultCountWindowCalls }
  const { type: kind, size } = check.object('slidingWindow', given, ['type', 'size'])
  const type = check.oneOf<'count' | 'time'>('slidingWindow.type', kind, 'count', ['count', 'time'])
  if (type === 'time') return { type, size: check.duration('slidingWindow.size', size, defaultTimeWindowMs, 10) }
  return { type, size: check.number('slidingWindow.size', size, defaultCountWindowCalls, { min: 1, max: 1_000_000, integer: true }) }
}

function checkProbes({ successThreshold, halfOpenCalls }: CircuitBreakerOptions, check: OptionsCheck) {
  const calls = optional(halfOpenCalls, (value) => check.number('halfOpenCalls', value, 1, positiveCount))
  const successes = check.number('successThreshold', successThreshold, Math.min(defaultSuccessThreshold, calls ?? Infinity), positiveCount)
  if (calls !== undefined && calls < successes) check.add('halfOpenCalls', `expected at least successThreshold, ${successes}, got ${calls}`)
  return { successThreshold: successes, halfOpenCalls: calls ?? successes }
}

function checkBackoff(
  options: CircuitBreakerOptions,
  resetTimeoutMs: number,
  check: OptionsCheck,
): ResolvedCircuitBreakerOptions['resetBackoff'] {
  const given = options.resetBackoff ?? options.resetTimeout === undefined
  if (given === false) return undefined
  const { factor, max, jitter } = given === true ? {} : check.object('resetBackoff', given, ['factor', 'max', 'jitter'])
  const maxMs = check.duration('resetBackoff.max', max, Math.max(defaultResetBackoff.maxMs, resetTimeoutMs), 1)
  if (maxMs < resetTimeoutMs) check.add('resetBackoff.max', `expected at least resetTimeout, ${resetTimeoutMs} ms, got ${maxMs} ms`)
  return {
    factor: check.number('resetBackoff.factor', factor, defaultResetBackoff.factor, { min: 1, max: 100 }),
    maxMs,
    jitter: check.number('resetBackoff.jitter', jitter, defaultResetBackoff.jitter, { min: 0, max: 100 }),
  }
}

function optional<T, R>(value: T | undefined, check: (value: T) => R): R | undefined {
  return value === undefined ? undefined : check(value)
}
