import type { Clock } from '@hazeljs/core'
import type { OutcomeWindow } from './window.js'

/** Steps in which a time window moves: it is exact to a tenth of its length. */
const buckets = 10

/**
 * The outcomes of the last `sizeMs`: a ring of buckets with running totals, moved on by whoever records or reads, so that no timer runs.
 * A gap longer than the window clears it, however long ago the last call was.
 */
export class TimeWindow implements OutcomeWindow {
  readonly #clock: Clock
  readonly #bucketMs: number
  readonly #callsIn = new Float64Array(buckets)
  readonly #failuresIn = new Float64Array(buckets)
  readonly #slowCallsIn = new Float64Array(buckets)
  #tick: number
  #calls = 0
  #failures = 0
  #slowCalls = 0

  constructor(sizeMs: number, clock: Clock) {
    this.#clock = clock
    this.#bucketMs = sizeMs / buckets
    this.#tick = this.#currentTick()
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

  record(failed: boolean, slow: boolean): void {
    this.advance()
    const bucket = this.#tick % buckets
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

  advance(): void {
    const tick = this.#currentTick()
    if (tick - this.#tick >= buckets) this.clear()
    while (this.#tick < tick) this.#drop(++this.#tick % buckets)
  }

  clear(): void {
    this.#tick = this.#currentTick()
    this.#callsIn.fill(0)
    this.#failuresIn.fill(0)
    this.#slowCallsIn.fill(0)
    this.#calls = 0
    this.#failures = 0
    this.#slowCalls = 0
  }

  #currentTick(): number {
    return Math.floor(this.#clock.now() / this.#bucketMs)
  }

  #drop(bucket: number): void {
    this.#calls -= this.#callsIn[bucket] as number
    this.#failures -= this.#failuresIn[bucket] as number
    this.#slowCalls -= this.#slowCallsIn[bucket] as number
    this.#callsIn[bucket] = 0
    this.#failuresIn[bucket] = 0
    this.#slowCallsIn[bucket] = 0
  }
}
