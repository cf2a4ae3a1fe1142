import { type Clock, systemClock } from '@hazeljs/core'
import { MeteredLimiter } from './metered-limiter.js'
import { resolveRateLimiterOptions, type SlidingWindowLimiterOptions } from './options.js'
import { SlidingWindowMeter } from './sliding-window-meter.js'

/** Admits at most `max` in any window, whatever the arrival pattern. */
export class SlidingWindowLimiter extends MeteredLimiter {
  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(options: SlidingWindowLimiterOptions, clock: Clock = systemClock) {
    const { max, maxKeys, windowMs } = resolveRateLimiterOptions({ ...options, strategy: 'sliding-window' }, 'SlidingWindowLimiter')
    super(max, maxKeys, () => new SlidingWindowMeter(max, windowMs), clock)
  }
}
