import { type Clock, guardClock, reportFault, systemClock, toError } from '@hazeljs/core'
import type { PolicyDescription } from '../description.js'
import { BulkheadError } from '../errors.js'
import { Histogram } from '../metrics/histogram.js'
import { recorded } from '../metrics/recorded.js'
import { callRanBefore, isCancellation, isTimeout, outcomeOf } from '../outcome.js'
import { type Call, type CallContext, type CallOptions, enter, type Policy } from '../policy.js'
import { retryAfterMsOf } from '../retry/retry-after.js'
import { Gradient } from './gradient.js'
import { type AdaptiveConcurrencyOptions, type ResolvedAdaptiveConcurrencyOptions, resolveAdaptiveConcurrencyOptions } from './options.js'

export interface AdaptiveConcurrencyMetrics {
  /** Calls that may be under way at once, now. */
  readonly limit: number
  readonly activeCalls: number
  /** Since the limiter was made. */
  readonly rejectedCalls: number
  /** Of the last window: 1 where all was as usual, less where the limit fell. */
  readonly gradient: number
  /** The median of the successes of the last window. */
  readonly latencyMs: number | undefined
  /** What `latencyMs` usually is, without queueing. */
  readonly baselineMs: number | undefined
}

/** Waiting in a queue moves the median more than it moves the slow calls of a window, which few calls make a matter of chance. */
const percentile = 0.5

/** At the limit, two windows in this many run with half of it. */
export const windowsBetweenProbes = 60

/**
 * Limits how many calls run at the same time to what their target can take, which it finds by their latency: see {@link Gradient}. Who
 * finds no room is rejected at once; nobody waits.
 *
 * A call costs O(1), and no timer runs: whichever call ends after a window is over adjusts the limit. Place it inside a retry, so that
 * each attempt is measured alone, and outside the timeout of an attempt, whose errors tell of overload.
 */
export class AdaptiveConcurrencyLimiter implements Policy {
  readonly #options: ResolvedAdaptiveConcurrencyOptions
  readonly #clock: Clock
  readonly #gradient: Gradient
  readonly #latencies = new Histogram()
  #activeCalls = 0
  #rejectedCalls = 0
  #latencyMs: number | undefined
  /** Of the window: */
  #sinceMs: number
  #successes = 0
  #drops = 0
  #peak = 0

  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(options: AdaptiveConcurrencyOptions = {}, clock: Clock = systemClock) {
    this.#options = resolveAdaptiveConcurrencyOptions(options)
    this.#clock = guardClock(clock)
    this.#gradient = new Gradient({ ...this.#options, probeEvery: windowsBetweenProbes })
    this.#sinceMs = this.#clock.now()
  }

  /** @throws BulkheadError when as many calls as the latency allows are under way; else what the call throws. */
  execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T> {
    const callContext = enter(call, context)
    const { metrics } = this.#options
    if (metrics === undefined) return this.#run(call, callContext)
    return recorded(metrics, this.#clock, callContext, () => this.#run(call, callContext))
  }

  getMetrics(): AdaptiveConcurrencyMetrics {
    return {
      limit: this.#gradient.limit,
      activeCalls: this.#activeCalls,
      rejectedCalls: this.#rejectedCalls,
      gradient: this.#gradient.gradient,
      latencyMs: this.#latencyMs,
      baselineMs: this.#gradient.baselineMs,
    }
  }

  describe(): PolicyDescription {
    const { initial, min, max } = this.#options
    return { policy: 'AdaptiveConcurrencyLimiter', summary: `${min} to ${max} at once by latency, ${initial} at first` }
  }

  async #run<T>(call: Call<T>, context: CallContext): Promise<T> {
    if (context.aborted) throw context.cancellation.reason
    if (this.#activeCalls >= this.#gradient.limit) {
      this.#rejectedCalls++
      throw new BulkheadError('limit', `As many calls are under way as the latency allows: ${this.#gradient.limit}`)
    }
    this.#activeCalls++
    if (this.#activeCalls > this.#peak) this.#peak = this.#activeCalls
    const startMs = this.#clock.now()
    try {
      const result = await call(context)
      // Its time was over though it went on, or nobody waits for it and it may have been cut short.
      if (context.cancellation.aborted) this.#endAborted(context)
      else this.#endSuccess(startMs)
      return result
    } catch (error) {
      if (context.cancellation.aborted) this.#endAborted(context)
      else this.#end(this.#clock.now(), this.#isOverload(error, context))
      throw error
    }
  }

  #endSuccess(startMs: number): void {
    const nowMs = this.#clock.now()
    this.#latencies.record(Math.max(0, nowMs - startMs))
    this.#successes++
    this.#end(nowMs, false)
  }

  #endAborted({ cancellation }: CallContext): void {
    this.#end(this.#clock.now(), isTimeout(cancellation.reason))
  }

  #end(nowMs: number, dropped: boolean): void {
    this.#activeCalls--
    if (dropped) this.#drops++
    const { windowMs, minSamples } = this.#options
    if (nowMs - this.#sinceMs >= windowMs && this.#successes + this.#drops >= minSamples) this.#adjust(nowMs)
  }

  /** What is no overload tells nothing: a failure may be quicker, or slower, than the answer. */
  #isOverload(error: unknown, context: CallContext): boolean {
    if (isCancellation(error, context) || !callRanBefore(error)) return false
    const { overloadPredicate } = this.#options
    if (overloadPredicate !== undefined) {
      try {
        return outcomeOf('overloadPredicate', overloadPredicate(toError(error)), 'ignored') === 'failure'
      } catch (fault) {
        reportFault('overloadPredicate', fault)
      }
    }
    return isTimeout(error) || retryAfterMsOf(error) !== undefined
  }

  #adjust(nowMs: number): void {
    const successes = this.#successes
    const drops = this.#drops
    this.#latencyMs = successes === 0 ? undefined : this.#latencies.valuesAt([Math.ceil(percentile * successes)])[0]
    this.#gradient.update({
      latencyMs: this.#latencyMs,
      peak: this.#peak,
      dropShare: drops / (successes + drops),
      overloaded: this.#isLoopOverloaded(),
    })
    this.#latencies.clear()
    this.#successes = this.#drops = 0
    this.#peak = this.#activeCalls
    this.#sinceMs = nowMs
  }

  #isLoopOverloaded(): boolean {
    const { eventLoopUtilization, eventLoopThreshold } = this.#options
    try {
      return eventLoopUtilization() > eventLoopThreshold
    } catch (fault) {
      reportFault('eventLoopUtilization', fault)
      return false
    }
  }
}
