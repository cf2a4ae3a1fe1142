import type { Meter } from './meter.js'

/** Up to this many admissions are remembered one by one. */
const exactEntries = 1_024
const firstCapacity = 4

/**
 * At most `max` in any window, whatever the arrival pattern: a ring of admissions, each of which lasts one window.
 *
 * Where `max` is large, admissions within 1/1,024 of the window are remembered as one, at the time of the last of them: memory stays
 * bounded, and the error is a thousandth of the window, always to the strict side.
 */
export class SlidingWindowMeter implements Meter {
  readonly #max: number
  readonly #windowMs: number
  readonly #mergeMs: number
  #atMs = new Float64Array(firstCapacity)
  #costs = new Float64Array(firstCapacity)
  #head = 0
  #length = 0
  #used = 0
  /** When the newest entry began. */
  #newestSinceMs = -Infinity

  constructor(max: number, windowMs: number) {
    this.#max = max
    this.#windowMs = windowMs
    this.#mergeMs = max <= exactEntries ? 0 : windowMs / exactEntries
  }

  take(cost: number, nowMs: number): boolean {
    this.#expire(nowMs)
    if (this.#used + cost > this.#max) return false
    this.#used += cost
    if (this.#length > 0 && nowMs - this.#newestSinceMs <= this.#mergeMs) this.#extendNewest(cost, nowMs)
    else this.#append(cost, nowMs)
    return true
  }

  freeAtMs(cost: number, nowMs: number): number {
    this.#expire(nowMs)
    let excess = this.#used + cost - this.#max
    let freeAtMs = nowMs
    for (let age = 0; excess > 0 && age < this.#length; age++) {
      const index = this.#index(age)
      freeAtMs = (this.#atMs[index] as number) + this.#windowMs
      excess -= this.#costs[index] as number
    }
    return freeAtMs
  }

  remaining(nowMs: number): number {
    this.#expire(nowMs)
    return this.#max - this.#used
  }

  fullAtMs(nowMs: number): number {
    this.#expire(nowMs)
    return this.#length === 0 ? nowMs : (this.#atMs[this.#index(this.#length - 1)] as number) + this.#windowMs
  }

  #expire(nowMs: number): void {
    while (this.#length > 0 && (this.#atMs[this.#head] as number) + this.#windowMs <= nowMs) {
      this.#used -= this.#costs[this.#head] as number
      this.#head = this.#index(1)
      this.#length--
    }
  }

  #extendNewest(cost: number, nowMs: number): void {
    const newest = this.#index(this.#length - 1)
    this.#atMs[newest] = nowMs
    this.#costs[newest]! += cost
  }

  #append(cost: number, nowMs: number): void {
    if (this.#length === this.#atMs.length) this.#grow()
    const index = this.#index(this.#length)
    this.#atMs[index] = nowMs
    this.#costs[index] = cost
    this.#newestSinceMs = nowMs
    this.#length++
  }

  /** `age` counts from the oldest entry. */
  #index(age: number): number {
    const index = this.#head + age
    return index < this.#atMs.length ? index : index - this.#atMs.length
  }

  #grow(): void {
    this.#atMs = this.#unrolled(this.#atMs)
    this.#costs = this.#unrolled(this.#costs)
    this.#head = 0
  }

  /** Twice as long, the oldest first. */
  #unrolled(ring: Float64Array): Float64Array<ArrayBuffer> {
    const unrolled = new Float64Array(ring.length * 2)
    unrolled.set(ring.subarray(this.#head))
    unrolled.set(ring.subarray(0, this.#head), ring.length - this.#head)
    return unrolled
  }
}
