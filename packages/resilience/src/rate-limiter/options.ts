import { type ConfigProblem, type Duration, type OptionsReader, problemsOf, resolveOptions } from '@hazeljs/core'
import type { MetricsCollector } from '../metrics/metrics-collector.js'

export type RateLimitStrategy = 'token-bucket' | 'sliding-window'

export interface SlidingWindowLimiterOptions {
  /** Calls in any window; from 1. */
  readonly max: number
  readonly window: Duration
  /**
   * Keys that are remembered; beyond it the least recently used is dropped, and begins anew when it comes back. A key takes about 250 bytes;
   * in a sliding window 16 more for each call in it, up to 1,024 and 16 kB. Default 100,000.
   */
  readonly maxKeys?: number | undefined
}

export interface TokenBucketLimiterOptions extends SlidingWindowLimiterOptions {
  /** Tokens that come back each second. Default: `max` in each `window`. */
  readonly refillRate?: number | undefined
}

export interface RateLimiterOptions extends TokenBucketLimiterOptions {
  /**
   * `token-bucket` admits bursts of `max`, and as many calls as come back in the time after. `sliding-window` admits at most `max` in
   * any window, whatever the arrival pattern, and takes no `refillRate`. Default `token-bucket`.
   */
  readonly strategy?: RateLimitStrategy | undefined
  /**
   * How long `execute` waits for its turn at most; from 1 ms. Who cannot have it in time is rejected at once, so no more wait, each counted
   * by its cost, than are admitted in this time: of each key `max` in every window begun. Default: nobody waits.
   */
  readonly maxWait?: Duration | undefined
  /** Records calls that were admitted, the time they waited for it included. Default: none. */
  readonly metrics?: MetricsCollector | undefined
}

export const defaultMaxKeys = 100_000
export const defaultRateLimitStrategy: RateLimitStrategy = 'token-bucket'

/** What a limiter counts by, after checking. */
export interface ResolvedLimit {
  readonly strategy: RateLimitStrategy
  readonly max: number
  readonly windowMs: number
  /** How long one token takes to come back. */
  readonly tokenMs: number
  readonly maxKeys: number
}

/** Options after checking. */
export interface ResolvedRateLimiterOptions extends ResolvedLimit {
  /** `undefined`: nobody waits. */
  readonly maxWaitMs: number | undefined
  readonly metrics: MetricsCollector | undefined
}

/** What is wrong with `options`; empty when a limiter can be made of them. */
export function rateLimiterProblems(options: RateLimiterOptions): readonly ConfigProblem[] {
  return problemsOf(readOptions, options)
}

/** @throws ConfigError listing every problem. */
export function resolveRateLimiterOptions(options: RateLimiterOptions): ResolvedRateLimiterOptions {
  return resolveOptions('RateLimiter', readOptions, options)
}

/** The options of a limiter that is no policy; `subject` opens the error's message. @throws ConfigError listing every problem. */
export function resolveLimit(subject: string, options: RateLimiterOptions): ResolvedLimit {
  return resolveOptions(subject, readLimit, options)
}

function readOptions(options: OptionsReader<RateLimiterOptions>): ResolvedRateLimiterOptions {
  return {
    ...readLimit(options),
    maxWaitMs: options.duration('maxWait', undefined, 1),
    metrics: options.able('metrics', 'MetricsCollector', 'recordSuccess'),
  }
}

function readLimit(options: OptionsReader<RateLimiterOptions>): ResolvedLimit {
  const strategy = options.oneOf('strategy', defaultRateLimitStrategy, ['token-bucket', 'sliding-window'])
  const max = options.number(options.required('max'), 1, { min: 1, max: 1_000_000_000, integer: true })
  const windowMs = options.duration(options.required('window'), 1, 1)
  const refillRate = options.number('refillRate', undefined, { min: 0.000_001, max: 1_000_000_000 })
  if (strategy === 'sliding-window' && options.has('refillRate')) options.add('refillRate', 'a sliding window has none')
  return {
    strategy,
    max,
    windowMs,
    tokenMs: refillRate === undefined ? windowMs / max : 1_000 / refillRate,
    maxKeys: options.number('maxKeys', defaultMaxKeys, { min: 1, max: 10_000_000, integer: true }),
  }
}
