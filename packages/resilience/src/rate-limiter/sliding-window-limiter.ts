import { type Clock, systemClock } from '@hazeljs/core'
import { MeterStore } from './meter-store.js'
import { MeteredLimiter } from './metered-limiter.js'
import { meterMaker } from './meters.js'
import { resolveLimit, type SlidingWindowLimiterOptions } from './options.js'

/** Admits at most `max` in any window, whatever the arrival pattern. */
export class SlidingWindowLimiter extends MeteredLimiter {
  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(options: SlidingWindowLimiterOptions, clock: Clock = systemClock) {
    const limit = resolveLimit('SlidingWindowLimiter', { ...options, strategy: 'sliding-window' })
    super(limit.max, new MeterStore(meterMaker(limit), limit.maxKeys), clock)
  }
}
