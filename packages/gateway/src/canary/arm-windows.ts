import { type Clock, show } from '@hazeljs/core'
import { MetricsCollector } from '@hazeljs/resilience'
import type { CanaryArmName, CanaryMetrics } from './canary-metrics.js'

/** Stable's requests in the window before its percentile is taken for known. */
export const minRequestsForLatency = 200

/** What both arms did in the last window. */
export class ArmWindows {
  readonly #stable: MetricsCollector
  readonly #canary: MetricsCollector
  readonly #clock: Clock
  readonly #sinceMs: number

  constructor(windowMs: number, clock: Clock) {
    this.#stable = new MetricsCollector(windowMs, clock)
    this.#canary = new MetricsCollector(windowMs, clock)
    this.#clock = clock
    this.#sinceMs = clock.now()
  }

  /** @throws RangeError for an arm or a time that is none. */
  record(arm: CanaryArmName, outcome: 'success' | 'failure', ms: number, error?: unknown): void {
    const window = this.#of(arm)
    if (outcome === 'success') window.recordSuccess(ms)
    else window.recordFailure(ms, error)
  }

  snapshot(): CanaryMetrics {
    return { stable: this.#stable.getSnapshot(), canary: this.#canary.getSnapshot() }
  }

  get requestsPerMs(): number {
    const { stable, canary } = this.snapshot()
    const lengthMs = Math.min(this.#stable.windowMs, this.#clock.now() - this.#sinceMs)
    return lengthMs > 0 ? (stable.totalCalls + canary.totalCalls) / lengthMs : 0
  }

  /** `undefined`: there were too few requests to know it. */
  stableLatencyMs(percentile: 50 | 95 | 99): number | undefined {
    const { totalCalls, p50, p95, p99 } = this.#stable.getSnapshot()
    if (totalCalls < minRequestsForLatency) return undefined
    return { 50: p50, 95: p95, 99: p99 }[percentile]
  }

  #of(arm: CanaryArmName): MetricsCollector {
    switch (arm) {
      case 'stable':
        return this.#stable
      case 'canary':
        return this.#canary
      default:
        throw new RangeError(`Expected the arm 'stable' or 'canary', got ${show(arm)}`)
    }
  }
}
