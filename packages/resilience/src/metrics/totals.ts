import { Histogram } from './histogram.js'
import type { MetricsSnapshot } from './snapshot.js'

const percentiles = [50, 95, 99] as const

/** Calls, times and their distribution: of a part of a window, of a window, or of several collectors' windows. Adds up without loss. */
export class Totals {
  readonly #times = new Histogram()
  #calls = 0
  #failures = 0
  #sumMs = 0
  #minMs = Infinity
  #maxMs = 0

  get calls(): number {
    return this.#calls
  }

  get failures(): number {
    return this.#failures
  }

  record(ms: number, failed: boolean): void {
    this.#times.record(ms)
    this.#calls++
    if (failed) this.#failures++
    this.#sumMs += ms
    if (ms < this.#minMs) this.#minMs = ms
    if (ms > this.#maxMs) this.#maxMs = ms
  }

  add(other: Totals): void {
    if (other.#calls === 0) return
    this.#times.add(other.#times)
    this.#calls += other.#calls
    this.#failures += other.#failures
    this.#sumMs += other.#sumMs
    this.#minMs = Math.min(this.#minMs, other.#minMs)
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs)
  }

  clear(): void {
    if (this.#calls === 0) return
    this.#times.clear()
    this.#calls = 0
    this.#failures = 0
    this.#sumMs = 0
    this.#minMs = Infinity
    this.#maxMs = 0
  }

  snapshot(lastCallTime: number | undefined, lastError: Error | undefined): MetricsSnapshot {
    const calls = this.#calls
    const [p50 = 0, p95 = 0, p99 = 0] = this.#percentiles()
    return {
      totalCalls: calls,
      successCalls: calls - this.#failures,
      failureCalls: this.#failures,
      failureRate: calls === 0 ? 0 : (this.#failures * 100) / calls,
      averageResponseTime: calls === 0 ? 0 : this.#sumMs / calls,
      p50,
      p95,
      p99,
      min: calls === 0 ? 0 : this.#minMs,
      max: this.#maxMs,
      lastCallTime,
      lastError,
    }
  }

  /** The middle of a step may lie outside of what was recorded. */
  #percentiles(): number[] {
    if (this.#calls === 0) return []
    const ranks = percentiles.map((percent) => Math.ceil((percent * this.#calls) / 100))
    return this.#times.valuesAt(ranks).map((ms) => Math.min(this.#maxMs, Math.max(this.#minMs, ms)))
  }
}
