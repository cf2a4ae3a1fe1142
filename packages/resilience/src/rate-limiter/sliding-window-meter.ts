import type { Meter } from './meter.js'

/** Up to this many admissions are remembered one by one. */
const exactEntries = 1_024
/** An entry of the ring is its moment and its cost, side by side. */
const entrySize = 2

/** A longer ring is not kept when its window is over: a key that was busy once would keep it. */
const keptSize = 16 * entrySize

/** What all windows of a limiter have in common, kept once. */
export interface SlidingWindowRule {
  readonly max: number
  readonly windowMs: number
}

/**
 * At most `max` in any window, whatever the arrival pattern: a ring of admissions, each of which lasts one window.
 *
 * Where `max` is large, admissions within 1/1,024 of the window are remembered as one, at the time of the last of them: memory stays
 * bounded, and the error is a thousandth of the window, always to the strict side. The ring grows with use: most keys of a limiter are
 * seen but once or twice.
 */
export class SlidingWindowMeter implements Meter {
  readonly #rule: SlidingWindowRule
  #ring: number[] = []
  /** Of the oldest entry, in the ring. */
  #head = 0
  #length = 0
  #used = 0
  /** When the newest entry began. */
  #newestSinceMs = 0

  constructor(rule: SlidingWindowRule) {
    this.#rule = rule
  }

  take(cost: number, nowMs: number): boolean {
    this.#expire(nowMs)
    const { max, windowMs } = this.#rule
    if (this.#used + cost > max) return false
    this.#used += cost
    const mergeMs = max <= exactEntries ? 0 : windowMs / exactEntries
    if (this.#length > 0 && nowMs - this.#newestSinceMs <= mergeMs) this.#extendNewest(cost, nowMs)
    else this.#append(cost, nowMs)
    return true
  }

  freeAtMs(cost: number, nowMs: number): number {
    this.#expire(nowMs)
    let excess = this.#used + cost - this.#rule.max
    let freeAtMs = nowMs
    for (let age = 0; excess > 0 && age < this.#length; age++) {
      const at = this.#at(age)
      freeAtMs = (this.#ring[at] as number) + this.#rule.windowMs
      excess -= this.#ring[at + 1] as number
    }
    return freeAtMs
  }

  remaining(nowMs: number): number {
    this.#expire(nowMs)
    return this.#rule.max - this.#used
  }

  fullAtMs(nowMs: number): number {
    this.#expire(nowMs)
    return this.#length === 0 ? nowMs : (this.#ring[this.#at(this.#length - 1)] as number) + this.#rule.windowMs
  }

  copy(): SlidingWindowMeter {
    const copy = new SlidingWindowMeter(this.#rule)
    copy.#ring = this.#ring.slice()
    copy.#head = this.#head
    copy.#length = this.#length
    copy.#used = this.#used
    copy.#newestSinceMs = this.#newestSinceMs
    return copy
  }

  #expire(nowMs: number): void {
    while (this.#length > 0 && (this.#ring[this.#head] as number) + this.#rule.windowMs <= nowMs) {
      this.#used -= this.#ring[this.#head + 1] as number
      this.#head = this.#at(1)
      this.#length--
    }
    if (this.#length === 0 && this.#ring.length > keptSize) this.#ring = []
  }

  #extendNewest(cost: number, nowMs: number): void {
    const at = this.#at(this.#length - 1)
    this.#ring[at] = nowMs
    this.#ring[at + 1]! += cost
  }

  #append(cost: number, nowMs: number): void {
    if (this.#length * entrySize === this.#ring.length) this.#grow()
    const at = this.#at(this.#length)
    this.#ring[at] = nowMs
    this.#ring[at + 1] = cost
    this.#newestSinceMs = nowMs
    this.#length++
  }

  /** Where the entry of this age, counted from the oldest, is in the ring. */
  #at(age: number): number {
    const at = this.#head + age * entrySize
    return at < this.#ring.length ? at : at - this.#ring.length
  }

  /** Twice as long, the oldest first. */
  #grow(): void {
    const ring = this.#ring
    const grown = new Array<number>(Math.max(entrySize, ring.length * 2)).fill(0)
    for (let at = 0; at < ring.length; at++) grown[at] = ring[(this.#head + at) % ring.length] as number
    this.#ring = grown
    this.#head = 0
  }
}
