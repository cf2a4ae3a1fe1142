import type { Meter } from './meter.js'

/** Of one token; sums of intervals such as 1/3 ms miss whole tokens by rounding. */
const rounding = 1e-6

/**
 * A token bucket kept as one moment: when it would be full again, if nobody took anything. [GCRA, ITU-T I.371: the theoretical arrival
 * time of the virtual scheduling algorithm]
 */
export class TokenBucketMeter implements Meter {
  readonly #capacity: number
  /** How long one token takes to come back. */
  readonly #tokenMs: number
  #fullAtMs: number

  constructor(capacity: number, tokenMs: number) {
    this.#capacity = capacity
    this.#tokenMs = tokenMs
    this.#fullAtMs = -Infinity
  }

  take(cost: number, nowMs: number): boolean {
    if (this.freeAtMs(cost, nowMs) > nowMs) return false
    this.#fullAtMs = this.fullAtMs(nowMs) + cost * this.#tokenMs
    return true
  }

  freeAtMs(cost: number, nowMs: number): number {
    return this.fullAtMs(nowMs) - (this.#capacity - cost) * this.#tokenMs
  }

  remaining(nowMs: number): number {
    return Math.max(0, Math.floor(this.#capacity - (this.fullAtMs(nowMs) - nowMs) / this.#tokenMs + rounding))
  }

  fullAtMs(nowMs: number): number {
    return Math.max(this.#fullAtMs, nowMs)
  }
}
