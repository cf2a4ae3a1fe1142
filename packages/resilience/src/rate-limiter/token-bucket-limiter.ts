import { type Clock, systemClock } from '@hazeljs/core'
import { MeterStore } from './meter-store.js'
import { MeteredLimiter } from './metered-limiter.js'
import { meterMaker } from './meters.js'
import { resolveLimit, type TokenBucketLimiterOptions } from './options.js'

/** Admits bursts of `max`; used tokens come back evenly, `refillRate` a second. In any time at most `max` and what comes back in it. */
export class TokenBucketLimiter extends MeteredLimiter {
  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(options: TokenBucketLimiterOptions, clock: Clock = systemClock) {
    const limit = resolveLimit('TokenBucketLimiter', { ...options, strategy: 'token-bucket' })
    super(limit.max, new MeterStore(meterMaker(limit), limit.maxKeys), clock)
  }
}
