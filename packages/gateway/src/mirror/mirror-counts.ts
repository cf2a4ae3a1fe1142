import type { Clock } from '@hazeljs/core'
import { MetricsCollector, type MetricsSnapshot, type Outcome } from '@hazeljs/resilience'
import type { MirrorReport } from './diff/diff-report.js'

/** Requests that should have been copied and were not, by reason. */
export interface DroppedCopies {
  /** `maxInFlight` copies were under way. */
  readonly inFlight: number
  /** The body was longer than `maxBodyBytes`, or the copies of the route kept 16 MiB already. */
  readonly bytes: number
  /** The body did not come to its end. */
  readonly brokenOff: number
  /** The mirror had no instance. */
  readonly noInstance: number
  /** The mirror had failed five times in a row, and is left alone for a while. */
  readonly open: number
}

/** What a route's mirror did since the route was made. */
export interface MirrorSnapshot {
  readonly route: string
  /** The mirror's. */
  readonly service: string
  /** Copies that went out: `succeeded`, `failed`, and those under way. */
  readonly sent: number
  /** Answered whole, below 500. */
  readonly succeeded: number
  /** Answered with 500 and above, or not whole. */
  readonly failed: number
  readonly dropped: DroppedCopies
  /** Copies under way now, those among them whose body still comes. */
  readonly inFlight: number
  /** Kept in memory for them now, and for comparisons. */
  readonly bytes: number
  /**
   * How long the copies took, and the requests they were made of, in the window of the gateway's metrics. A copy's time begins when it is sent,
   * after its whole body has come. `undefined` where `metrics.enabled` is `false`.
   */
  readonly latency: { readonly primary: MetricsSnapshot; readonly mirror: MetricsSnapshot } | undefined
  /** `undefined` without `mirror.diff`. */
  readonly diff: MirrorReport | undefined
}

/** Counts the copies of one route, each once. */
export class MirrorCounts {
  readonly #primary: MetricsCollector | undefined
  readonly #mirror: MetricsCollector | undefined
  readonly #dropped = { inFlight: 0, bytes: 0, brokenOff: 0, noInstance: 0, open: 0 }
  #sent = 0
  #succeeded = 0
  #failed = 0

  constructor({ enabled, windowMs }: { readonly enabled: boolean; readonly windowMs: number }, clock: Clock) {
    this.#primary = enabled ? new MetricsCollector(windowMs, clock) : undefined
    this.#mirror = enabled ? new MetricsCollector(windowMs, clock) : undefined
  }

  drop(reason: keyof DroppedCopies): void {
    this.#dropped[reason]++
  }

  sent(): void {
    this.#sent++
  }

  /** `status` 0: no whole answer came. */
  settled(status: number, ms: number): void {
    const failed = status === 0 || status >= 500
    if (failed) this.#failed++
    else this.#succeeded++
    if (failed) this.#mirror?.recordFailure(ms)
    else this.#mirror?.recordSuccess(ms)
  }

  answered(outcome: Outcome, ms: number): void {
    if (outcome === 'success') this.#primary?.recordSuccess(ms)
    else if (outcome === 'failure') this.#primary?.recordFailure(ms)
  }

  snapshot(): Pick<MirrorSnapshot, 'sent' | 'succeeded' | 'failed' | 'dropped' | 'latency'> {
    const latency = this.#primary && this.#mirror && { primary: this.#primary.getSnapshot(), mirror: this.#mirror.getSnapshot() }
    return { sent: this.#sent, succeeded: this.#succeeded, failed: this.#failed, dropped: { ...this.#dropped }, latency }
  }
}
