import { type Clock, systemClock } from '@hazeljs/core'
import { MeteredLimiter } from './metered-limiter.js'
import { resolveRateLimiterOptions, type TokenBucketLimiterOptions } from './options.js'
import { TokenBucketMeter } from './token-bucket-meter.js'

/** Admits bursts of `max`; used tokens come back evenly, `refillRate` a second. In any time at most `max` and what comes back in it. */
export class TokenBucketLimiter extends MeteredLimiter {
  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(options: TokenBucketLimiterOptions, clock: Clock = systemClock) {
    const { max, maxKeys, tokenMs } = resolveRateLimiterOptions({ ...options, strategy: 'token-bucket' }, 'TokenBucketLimiter')
    super(max, maxKeys, () => new TokenBucketMeter(max, tokenMs), clock)
  }
}
