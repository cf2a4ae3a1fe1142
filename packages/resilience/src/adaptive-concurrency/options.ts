import { type ConfigProblem, type Duration, type OptionsReader, problemsOf, resolveOptions } from '@hazeljs/core'
import type { MetricsCollector } from '../metrics/metrics-collector.js'
import { eventLoopMeter } from './event-loop.js'

export interface AdaptiveConcurrencyOptions {
  /** Calls at once until something was measured. Default 20. */
  readonly initialLimit?: number | undefined
  /** Default 1. */
  readonly minLimit?: number | undefined
  /** Default 200. */
  readonly maxLimit?: number | undefined
  /** How often the limit is adjusted at most; from 100 ms. Default 1 s. */
  readonly window?: Duration | undefined
  /** Calls that a window holds at least: with fewer it goes on. From 10 to 100,000; default 50. */
  readonly minSamples?: number | undefined
  /** How many times as long as usual calls may take before the limit falls; above 1, up to 10. Default 1.25. */
  readonly tolerance?: number | undefined
  /**
   * Whether a failure says that the target is overloaded, such as a 503. Default: timeouts, and errors that carry `retryAfterMs`. Calls
   * that were called off, and those that an inner policy kept from running, are never asked about.
   */
  readonly overloadPredicate?: ((error: Error) => boolean) | undefined
  /**
   * The event loop's utilization, from 0 to 1, above which this process is overloaded itself: the limit falls, and latencies are not
   * believed. 1 switches it off. Default 0.95.
   */
  readonly eventLoopThreshold?: number | undefined
  /** Tells in which part of the time since it was asked last the event loop was busy; asked once a window. Default: Node's own figure. */
  readonly eventLoopUtilization?: (() => number) | undefined
  /** Records calls that were let through. Default: none. */
  readonly metrics?: MetricsCollector | undefined
}

export const defaultInitialLimit = 20
export const defaultMinLimit = 1
export const defaultMaxLimit = 200
export const defaultWindowMs = 1_000
export const defaultMinSamples = 50
export const defaultTolerance = 1.25
export const defaultEventLoopThreshold = 0.95

/** Options after checking. */
export interface ResolvedAdaptiveConcurrencyOptions {
  readonly initial: number
  readonly min: number
  readonly max: number
  readonly windowMs: number
  readonly minSamples: number
  readonly tolerance: number
  readonly overloadPredicate: ((error: Error) => boolean) | undefined
  readonly eventLoopThreshold: number
  readonly eventLoopUtilization: () => number
  readonly metrics: MetricsCollector | undefined
}

/** What is wrong with `options`; empty when a limiter can be made of them. */
export function adaptiveConcurrencyProblems(options: AdaptiveConcurrencyOptions): readonly ConfigProblem[] {
  return problemsOf(readOptions, options)
}

/** @throws ConfigError listing every problem. */
export function resolveAdaptiveConcurrencyOptions(options: AdaptiveConcurrencyOptions): ResolvedAdaptiveConcurrencyOptions {
  return resolveOptions('AdaptiveConcurrencyLimiter', readOptions, options)
}

/** Bounds that are given move the defaults of those that are not. */
function readOptions(options: OptionsReader<AdaptiveConcurrencyOptions>): ResolvedAdaptiveConcurrencyOptions {
  const limits = { min: 1, max: 1_000_000, integer: true }
  const min = options.number('minLimit', defaultMinLimit, limits)
  const max = options.number('maxLimit', Math.max(defaultMaxLimit, min, options.value('initialLimit') ?? 0), limits)
  const initial = options.number('initialLimit', Math.min(max, Math.max(min, defaultInitialLimit)), limits)
  if (min > max) options.add('minLimit', `expected at most maxLimit, ${max}, got ${min}`)
  else if (initial < min || initial > max) options.add('initialLimit', `expected minLimit to maxLimit, ${min} to ${max}, got ${initial}`)
  return {
    initial,
    min,
    max,
    windowMs: options.duration('window', defaultWindowMs, 100),
    minSamples: options.number('minSamples', defaultMinSamples, { min: 10, max: 100_000, integer: true }),
    tolerance: options.number('tolerance', defaultTolerance, { min: 1.01, max: 10 }),
    overloadPredicate: options.function('overloadPredicate'),
    eventLoopThreshold: options.number('eventLoopThreshold', defaultEventLoopThreshold, { min: 0, max: 1 }),
    eventLoopUtilization: options.function('eventLoopUtilization') ?? eventLoopMeter(),
    metrics: options.able('metrics', 'MetricsCollector', 'recordSuccess'),
  }
}
