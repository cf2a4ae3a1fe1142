import { type Clock, durationText, guardClock, systemClock } from '@hazeljs/core'
import type { PolicyDescription } from '../description.js'
import { RateLimitError } from '../errors.js'
import { recorded } from '../metrics/recorded.js'
import { type Call, type CallContext, type CallOptions, enter, type Policy } from '../policy.js'
import type { Limiter, LimitRequest, LimitState } from './limiter.js'
import { MeterStore } from './meter-store.js'
import { MeteredLimiter } from './metered-limiter.js'
import { meterMaker } from './meters.js'
import { type RateLimiterOptions, type ResolvedRateLimiterOptions, resolveRateLimiterOptions } from './options.js'
import { notAdmitted, QueuedMeter } from './queued-meter.js'

/**
 * Limits how many calls are made in a time. Those beyond are rejected at once and told when to come back; with `maxWait` they wait in line
 * for their turn, if it comes soon enough.
 */
export class RateLimiter implements Policy, Limiter {
  readonly #options: ResolvedRateLimiterOptions
  readonly #clock: Clock
  readonly #limiter: Limiter
  /** Those of `#limiter`, where one can wait. */
  readonly #queues: MeterStore<QueuedMeter> | undefined

  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(options: RateLimiterOptions, clock: Clock = systemClock) {
    this.#options = resolveRateLimiterOptions(options)
    this.#clock = guardClock(clock)
    const { max, maxKeys, maxWaitMs } = this.#options
    const create = meterMaker(this.#options)
    if (maxWaitMs !== undefined) this.#queues = new MeterStore(() => new QueuedMeter(create(), this.#clock), maxKeys)
    this.#limiter = new MeteredLimiter(max, this.#queues ?? new MeterStore(create, maxKeys), this.#clock)
  }

  /**
   * Charges the `key` and the `cost` of the call's options. With `maxWait` a call waits for those before it, whatever they cost, and leaves
   * the line at once when it is aborted.
   *
   * @throws RateLimitError when the limit is used up and its turn would not come within `maxWait` and the time left, or that time is over
   * while it waits; the reason of another abort; ConfigError for a cost above `max` or a key that is no string; else what the call throws.
   */
  execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T> {
    const callContext = enter(call, context)
    const { metrics } = this.#options
    if (metrics === undefined) return this.#run(call, callContext)
    return recorded(metrics, this.#clock, callContext, () => this.#run(call, callContext))
  }

  /** Never before those who wait in line: `false` while there are any. */
  tryAcquire(request?: LimitRequest): boolean {
    return this.#limiter.tryAcquire(request)
  }

  /** Those who wait in line first. Who leaves it makes the time shorter, of a long line not at once. */
  getRetryAfterMs(request?: LimitRequest): number {
    return this.#limiter.getRetryAfterMs(request)
  }

  peek(request?: LimitRequest): LimitState {
    return this.#limiter.peek(request)
  }

  describe(): PolicyDescription {
    const { strategy, max, windowMs, tokenMs, maxWaitMs } = this.#options
    const refill = tokenMs === windowMs / max ? '' : `, ${Math.round(1e5 / tokenMs) / 100} back a second`
    const wait = maxWaitMs === undefined ? '' : `, waits at most ${durationText(maxWaitMs)}`
    return { policy: 'RateLimiter', summary: `${max} in ${durationText(windowMs)}, ${strategy}${refill}${wait}` }
  }

  #run<T>(call: Call<T>, context: CallContext): Promise<T> {
    if (context.aborted) return Promise.reject(context.cancellation.reason)
    try {
      if (this.#limiter.tryAcquire(context.options)) return Promise.resolve(call(context))
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#turn(context).then(() => call(context))
  }

  async #turn(context: CallContext): Promise<void> {
    const { options, cancellation } = context
    const waitMs = this.#limiter.getRetryAfterMs(options)
    const { maxWaitMs = 0 } = this.#options
    if (this.#queues === undefined || waitMs > maxWaitMs || waitMs > context.remainingMs) throw new RateLimitError(waitMs)
    await this.#queues.use(options.key).join(options.cost ?? 1, cancellation)
    // Between having its turn and going on, others had theirs.
    if (cancellation.aborted) throw notAdmitted(cancellation.reason, 0)
  }
}
