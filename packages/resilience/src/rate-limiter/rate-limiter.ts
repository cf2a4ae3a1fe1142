import { type Clock, systemClock } from '@hazeljs/core'
import { RateLimitError } from '../errors.js'
import { type Call, type CallContext, type CallOptions, type Policy, toContext } from '../policy.js'
import type { Limiter, LimitRequest, LimitState } from './limiter.js'
import { MeteredLimiter } from './metered-limiter.js'
import { type RateLimiterOptions, resolveRateLimiterOptions } from './options.js'
import { SlidingWindowMeter } from './sliding-window-meter.js'
import { TokenBucketMeter } from './token-bucket-meter.js'

/** Limits how many calls are made in a time; those beyond are rejected at once and told when to come back. */
export class RateLimiter implements Policy, Limiter {
  readonly #limiter: Limiter

  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(options: RateLimiterOptions, clock: Clock = systemClock) {
    const { strategy, max, windowMs, tokenMs, maxKeys } = resolveRateLimiterOptions(options, 'RateLimiter')
    const create = strategy === 'token-bucket' ? () => new TokenBucketMeter(max, tokenMs) : () => new SlidingWindowMeter(max, windowMs)
    this.#limiter = new MeteredLimiter(max, maxKeys, create, clock)
  }

  /** @throws RateLimitError when the limit is used up; ConfigError for a cost above `max`; else what the call throws. */
  async execute<T>(call: Call<T>, context?: CallContext | CallOptions, request?: LimitRequest): Promise<T> {
    const callContext = toContext(context)
    if (callContext.aborted) throw callContext.cancellation.reason
    if (!this.#limiter.tryAcquire(request)) throw new RateLimitError(this.#limiter.getRetryAfterMs(request))
    return await call(callContext)
  }

  tryAcquire(request?: LimitRequest): boolean {
    return this.#limiter.tryAcquire(request)
  }

  getRetryAfterMs(request?: LimitRequest): number {
    return this.#limiter.getRetryAfterMs(request)
  }

  peek(request?: LimitRequest): LimitState {
    return this.#limiter.peek(request)
  }
}
