import type { Meter } from './meter.js'

/** Of one token: whole tokens that come back in fractions miss the whole by rounding. */
const rounding = 1e-9

/** What all buckets of a limiter have in common, kept once. */
export interface TokenBucketRule {
  readonly capacity: number
  /** How long one token takes to come back. */
  readonly tokenMs: number
}

/**
 * A token bucket, refilled by whoever looks. Tokens are counted, and not moments as GCRA does, for a burst then takes whole numbers, which
 * are exact, while moments collect a rounding error with each call.
 */
export class TokenBucketMeter implements Meter {
  readonly #rule: TokenBucketRule
  #tokens: number
  #atMs: number

  constructor(rule: TokenBucketRule, tokens = rule.capacity, atMs = -Infinity) {
    this.#rule = rule
    this.#tokens = tokens
    this.#atMs = atMs
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
    return missing <= this.#slack(nowMs) ? nowMs : nowMs + missing * this.#rule.tokenMs
  }

  remaining(nowMs: number): number {
    return Math.max(0, Math.floor(this.#tokensAt(nowMs) + this.#slack(nowMs)))
  }

  fullAtMs(nowMs: number): number {
    return nowMs + (this.#rule.capacity - this.#tokensAt(nowMs)) * this.#rule.tokenMs
  }

  copy(): TokenBucketMeter {
    return new TokenBucketMeter(this.#rule, this.#tokens, this.#atMs)
  }

  #tokensAt(nowMs: number): number {
    return Math.min(this.#rule.capacity, this.#tokens + Math.max(0, nowMs - this.#atMs) / this.#rule.tokenMs)
  }

  /** What the clock cannot tell apart: at a high rate its last digit is a part of a token. What is taken beyond stays owed. */
  #slack(nowMs: number): number {
    return rounding + (2 * nowMs * Number.EPSILON) / this.#rule.tokenMs
  }
}
