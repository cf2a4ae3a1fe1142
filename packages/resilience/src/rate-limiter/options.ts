import { type ConfigProblem, type Duration, OptionsCheck } from '@hazeljs/core'

export type RateLimitStrategy = 'token-bucket' | 'sliding-window'

export interface SlidingWindowLimiterOptions {
  /** Calls in any window; from 1. */
  readonly max: number
  readonly window: Duration
  /** Keys that are remembered; beyond it the least recently used is dropped, and begins anew when it comes back. Default 100,000. */
  readonly maxKeys?: number
}

export interface TokenBucketLimiterOptions extends SlidingWindowLimiterOptions {
  /** Tokens that come back each second. Default: `max` in each `window`. */
  readonly refillRate?: number
}

export interface RateLimiterOptions extends TokenBucketLimiterOptions {
  /**
   * `token-bucket` admits bursts of `max`, and as many calls as come back in the time after. `sliding-window` admits at most `max` in
   * any window, whatever the arrival pattern, and takes no `refillRate`. Default `token-bucket`.
   */
  readonly strategy?: RateLimitStrategy
}

export const defaultMaxKeys = 100_000
export const defaultRateLimitStrategy: RateLimitStrategy = 'token-bucket'

/** Options after checking. */
export interface ResolvedRateLimiterOptions {
  readonly strategy: RateLimitStrategy
  readonly max: number
  readonly windowMs: number
  /** How long one token takes to come back. */
  readonly tokenMs: number
  readonly maxKeys: number
}

/** What is wrong with `options`; empty when a limiter can be made of them. */
export function rateLimiterProblems(options: RateLimiterOptions): readonly ConfigProblem[] {
  const check = new OptionsCheck('RateLimiter')
  checkRateLimiterOptions(options, check)
  return check.problems
}

/** `subject` opens the error's message. @throws ConfigError listing every problem. */
export function resolveRateLimiterOptions(options: RateLimiterOptions, subject: string): ResolvedRateLimiterOptions {
  const check = new OptionsCheck(subject)
  const resolved = checkRateLimiterOptions(options, check)
  check.done()
  return resolved
}

function checkRateLimiterOptions(given: RateLimiterOptions, check: OptionsCheck): ResolvedRateLimiterOptions {
  const options = check.object('', given, ['strategy', 'max', 'window', 'refillRate', 'maxKeys'])
  const strategy = check.oneOf<RateLimitStrategy>('strategy', options.strategy, defaultRateLimitStrategy, [
    'token-bucket',
    'sliding-window',
  ])
  if (options.max === undefined) check.add('max', 'is required')
  if (options.window === undefined) check.add('window', 'is required')
  if (strategy === 'sliding-window' && options.refillRate !== undefined) check.add('refillRate', 'a sliding window has none')
  const max = check.number('max', options.max, 1, { min: 1, max: 1_000_000_000, integer: true })
  const windowMs = check.duration('window', options.window, 1, 1)
  const refillRate = check.number('refillRate', options.refillRate, 0, { min: 0.000_001, max: 1_000_000_000 })
  return {
    strategy,
    max,
    windowMs,
    tokenMs: refillRate === 0 ? windowMs / max : 1_000 / refillRate,
    maxKeys: check.number('maxKeys', options.maxKeys, defaultMaxKeys, { min: 1, max: 10_000_000, integer: true }),
  }
}
