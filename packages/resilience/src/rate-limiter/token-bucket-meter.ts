import type { Meter } from './meter.js'

/** Of one token: whole tokens that come back in fractions miss the whole by rounding. */
const rounding = 1e-9

/**
 * A token bucket, refilled by whoever looks. Tokens are counted, and not moments as GCRA does, for a burst then takes whole numbers, which
 * are exact, while moments collect a rounding error with each call.
 */
export class TokenBucketMeter implements Meter {
  readonly #capacity: number
  /** How long one token takes to come back. */
  readonly #tokenMs: number
  #tokens: number
  #atMs = -Infinity

  constructor(capacity: number, tokenMs: number) {
    this.#capacity = capacity
    this.#tokenMs = tokenMs
    this.#tokens = capacity
  }

  take(cost: number, nowMs: number): boolean {
    const tokens = this.#tokensAt(nowMs)
    if (tokens + this.#slack(nowMs) < cost) return false
    this.#tokens = tokens - cost
    this.#atMs = Math.max(this.#atMs, nowMs)
    return true
  }

  freeAtMs(cost: number, nowMs: number): number {
    const missing = cost - this.#tokensAt(nowMs)
    return missing <= this.#slack(nowMs) ? nowMs : nowMs + missing * this.#tokenMs
  }

  remaining(nowMs: number): number {
    return Math.max(0, Math.floor(this.#tokensAt(nowMs) + this.#slack(nowMs)))
  }

  fullAtMs(nowMs: number): number {
    return nowMs + (this.#capacity - this.#tokensAt(nowMs)) * this.#tokenMs
  }

  #tokensAt(nowMs: number): number {
    return Math.min(this.#capacity, this.#tokens + Math.max(0, nowMs - this.#atMs) / this.#tokenMs)
  }

  /** What the clock cannot tell apart: at a high rate its last digit is a part of a token. What is taken beyond stays owed. */
  #slack(nowMs: number): number {
    return rounding + (2 * nowMs * Number.EPSILON) / this.#tokenMs
  }
}
