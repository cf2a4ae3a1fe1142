import { type Clock, TimerQueue } from '@hazeljs/core'
import { MovingQuantile } from './moving-quantile.js'
import type { ResolvedHedgeOptions } from './options.js'

/**
 * After how long a call is hedged: the set delay, or the quantile of recent successes. A quantile comes in the histogram's steps of 3 %,
 * so it seldom changes, and all calls between two changes share the timers of one queue.
 */
export class HedgeDelay {
  readonly #clock: Clock
  readonly #recent: MovingQuantile | undefined
  #ms: number | undefined
  #timers: TimerQueue | undefined

  constructor(clock: Clock, { delayMs, quantile, minSamples }: ResolvedHedgeOptions) {
    this.#clock = clock
    if (delayMs === undefined) this.#recent = new MovingQuantile(quantile, minSamples)
    else this.#use(delayMs)
  }

  /** `undefined`: not known yet. */
  get ms(): number | undefined {
    return this.#ms
  }

  /** What hedges of calls that begin now wait in; `undefined` while the delay is not known. */
  get timers(): TimerQueue | undefined {
    return this.#timers
  }

  /**
   * A call that began at `startMs` has succeeded. Its time counts whole, whichever copy won: the winner's own would leave the slow calls
   * out, since those are the ones that lose, and the delay would fall with each hedge and bring about more of them.
   */
  succeeded(startMs: number): void {
    const recent = this.#recent
    if (recent === undefined) return
    recent.record(Math.max(0, this.#clock.now() - startMs))
    const { value } = recent
    if (value !== undefined && value !== this.#ms) this.#use(value)
  }

  #use(ms: number): void {
    this.#ms = ms
    this.#timers = new TimerQueue(this.#clock, ms)
  }
}
