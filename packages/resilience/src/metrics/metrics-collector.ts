import { type Clock, type Duration, guardClock, resolveOptions, show, systemClock, toError } from '@hazeljs/core'
import type { MetricsSnapshot } from './snapshot.js'
import { Totals } from './totals.js'

export const defaultMetricsWindowMs = 60_000

/** Steps in which the window moves: a snapshot covers at least eleven twelfths of it. */
const buckets = 12
const never = -Infinity

/**
 * Counts calls and their times over the last `window`: O(1) a record, constant memory, whatever the traffic. Percentiles come from a
 * histogram and are within 2 %.
 */
export class MetricsCollector {
  readonly #clock: Clock
  readonly #windowMs: number
  readonly #bucketMs: number
  readonly #totals: (Totals | undefined)[] = new Array<undefined>(buckets).fill(undefined)
  /** Of the newest bucket. */
  #tick: number
  #newest = 0
  #current: Totals
  /** Not `undefined`, for a field that holds but numbers is written in place, where one that may hold others allocates for a fraction. */
  #lastCallMs = never
  #lastErrorMs = never
  #lastError: unknown

  /** @throws ConfigError when `window` is no duration, or shorter than 12 ms. */
  constructor(window: Duration = defaultMetricsWindowMs, clock: Clock = systemClock) {
    this.#windowMs = resolveOptions('MetricsCollector', (options) => options.duration('window', defaultMetricsWindowMs, buckets), {
      window,
    })
    this.#clock = guardClock(clock)
    this.#bucketMs = this.#windowMs / buckets
    this.#tick = this.#tickAt(this.#clock.now())
    this.#current = this.#totals[0] = new Totals()
  }

  get windowMs(): number {
    return this.#windowMs
  }

  /** `ms` is at least 0. @throws RangeError for anything else. */
  recordSuccess(ms: number): void {
    this.#record(ms, false)
  }

  /** `ms` is at least 0. @throws RangeError for anything else. */
  recordFailure(ms: number, error?: unknown): void {
    this.#record(ms, true)
    if (error === undefined) return
    this.#lastError = error
    this.#lastErrorMs = this.#lastCallMs
  }

  getSnapshot(): MetricsSnapshot {
    return aggregateMetrics([this])
  }

  /** Per cent. */
  getFailureRate(): number {
    this.#advance(this.#clock.now())
    let calls = 0
    let failures = 0
    for (const totals of this.#totals) {
      calls += totals?.calls ?? 0
      failures += totals?.failures ?? 0
    }
    return calls === 0 ? 0 : (failures * 100) / calls
  }

  reset(): void {
    for (const totals of this.#totals) totals?.clear()
    this.#lastCallMs = never
    this.#lastErrorMs = never
    this.#lastError = undefined
  }

  /** Adds what this window holds to `sum`. */
  addTo(sum: Totals): void {
    this.#advance(this.#clock.now())
    for (const totals of this.#totals) if (totals !== undefined) sum.add(totals)
  }

  /** Since the Unix epoch; also of a call before the window. */
  get lastCallTime(): number | undefined {
    return this.#wallTimeOf(this.#lastCallMs)
  }

  /** Of {@link lastError}, since the Unix epoch. */
  get lastErrorTime(): number | undefined {
    return this.#wallTimeOf(this.#lastErrorMs)
  }

  /** The latest error that was recorded; also of a call before the window. Other thrown values come wrapped in an Error. */
  get lastError(): Error | undefined {
    return this.#lastErrorMs === never ? undefined : toError(this.#lastError)
  }

  #record(ms: number, failed: boolean): void {
    if (!(Number.isFinite(ms) && ms >= 0)) throw new RangeError(`Expected a time of at least 0 ms, got ${show(ms)}`)
    const nowMs = this.#clock.now()
    this.#advance(nowMs)
    this.#lastCallMs = nowMs
    this.#current.record(ms, failed)
  }

  #advance(nowMs: number): void {
    const tick = this.#tickAt(nowMs)
    if (!(tick > this.#tick)) return
    const steps = Math.min(buckets, tick - this.#tick)
    for (let step = 0; step < steps; step++) {
      this.#newest = (this.#newest + 1) % buckets
      this.#totals[this.#newest]?.clear()
    }
    this.#tick = tick
    this.#current = this.#totals[this.#newest] ??= new Totals()
  }

  #tickAt(nowMs: number): number {
    return Math.floor(nowMs / this.#bucketMs)
  }

  #wallTimeOf(ms: number): number | undefined {
    return ms === never ? undefined : Math.round(this.#clock.wallTime() - (this.#clock.now() - ms))
  }
}

/** One snapshot of several collectors: counts and distributions are added up, so that its percentiles are those of all calls together. */
export function aggregateMetrics(collectors: Iterable<MetricsCollector>): MetricsSnapshot {
  const sum = new Totals()
  let lastCallTime: number | undefined
  let lastErrorTime = -Infinity
  let lastError: Error | undefined
  for (const collector of collectors) {
    collector.addTo(sum)
    const callTime = collector.lastCallTime
    if (callTime !== undefined && callTime > (lastCallTime ?? -Infinity)) lastCallTime = callTime
    const errorTime = collector.lastErrorTime
    if (errorTime === undefined || errorTime < lastErrorTime) continue
    lastErrorTime = errorTime
    lastError = collector.lastError
  }
  return sum.snapshot(lastCallTime, lastError)
}
