import { Histogram } from '../metrics/histogram.js'

/** When the younger histogram has so many values, it becomes the older: a quantile is of the last 500 to 1,000. */
export const valuesPerTurn = 500
/** The quantile is looked up anew so often, which costs a microsecond. */
export const valuesPerUpdate = 50

/**
 * A quantile of the last values, at O(1) a value and in constant memory. Two histograms take each value, the younger one started half a
 * window later; the older one answers, and gives way when it is full.
 */
export class MovingQuantile {
  readonly #percent: number
  readonly #minValues: number
  #older = new Histogram()
  #younger = new Histogram()
  #olderCount = 0
  #youngerCount = 0
  #sinceUpdate = 0
  #value: number | undefined

  /** `percent` is above 0 and below 100. */
  constructor(percent: number, minValues: number) {
    this.#percent = percent
    this.#minValues = minValues
  }

  /** As it was at the last update, within 2 %; `undefined` before there were `minValues`. */
  get value(): number | undefined {
    return this.#value
  }

  /** `value` is at least 0. */
  record(value: number): void {
    this.#older.record(value)
    this.#younger.record(value)
    this.#olderCount++
    if (++this.#youngerCount === valuesPerTurn) this.#turn()
    if (++this.#sinceUpdate >= (this.#value === undefined ? this.#minValues : valuesPerUpdate)) this.#update()
  }

  #turn(): void {
    const spent = this.#older
    spent.clear()
    this.#older = this.#younger
    this.#olderCount = this.#youngerCount
    this.#younger = spent
    this.#youngerCount = 0
  }

  #update(): void {
    this.#sinceUpdate = 0
    this.#value = this.#older.valuesAt([Math.ceil((this.#olderCount * this.#percent) / 100)])[0]
  }
}
