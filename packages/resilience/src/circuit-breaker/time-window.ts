import type { OutcomeWindow } from './window.js'

/** Steps in which a time window moves: it is exact to a tenth of its length. */
const buckets = 10

/**
 * The outcomes of the last `sizeMs`: a ring of buckets with running totals, moved on by whoever records or reads, so that no timer runs.
 * A gap longer than the window clears it, however long ago the last call was.
 */
export class TimeWindow implements OutcomeWindow {
  readonly #bucketMs: number
  readonly #callsIn = new Float64Array(buckets)
  readonly #failuresIn = new Float64Array(buckets)
  readonly #slowCallsIn = new Float64Array(buckets)
  /** Of the newest bucket. */
  #tick = -Infinity
  #newest = 0
  #calls = 0
  #failures = 0
  #slowCalls = 0

  constructor(sizeMs: number) {
    this.#bucketMs = sizeMs / buckets
  }

  get calls(): number {
    return this.#calls
  }

  get failures(): number {
    return this.#failures
  }

  get slowCalls(): number {
    return this.#slowCalls
  }

  record(failed: boolean, slow: boolean, nowMs: number): void {
    this.advance(nowMs)
    const bucket = this.#newest
    this.#callsIn[bucket]! += 1
    this.#calls++
    if (failed) {
      this.#failuresIn[bucket]! += 1
      this.#failures++
    }
    if (slow) {
      this.#slowCallsIn[bucket]! += 1
      this.#slowCalls++
    }
  }

  advance(nowMs: number): void {
    const tick = Math.floor(nowMs / this.#bucketMs)
    if (!(tick > this.#tick)) return
    if (tick - this.#tick >= buckets) this.clear()
    else for (let step = this.#tick; step < tick; step++) this.#dropOldest()
    this.#tick = tick
  }

  clear(): void {
    this.#callsIn.fill(0)
    this.#failuresIn.fill(0)
    this.#slowCallsIn.fill(0)
    this.#calls = 0
    this.#failures = 0
    this.#slowCalls = 0
  }

  /** Its bucket becomes the newest. */
  #dropOldest(): void {
    const bucket = this.#newest + 1 === buckets ? 0 : this.#newest + 1
    this.#newest = bucket
    this.#calls -= this.#callsIn[bucket] as number
    this.#failures -= this.#failuresIn[bucket] as number
    this.#slowCalls -= this.#slowCallsIn[bucket] as number
    this.#callsIn[bucket] = 0
    this.#failuresIn[bucket] = 0
    this.#slowCallsIn[bucket] = 0
  }
}
