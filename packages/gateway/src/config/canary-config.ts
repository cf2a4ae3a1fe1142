import type { Duration, ServiceFilter } from '@hazeljs/core'
import type { CanaryMetrics } from '../canary/canary-metrics.js'

/** One of the two versions that a canary's traffic is split between. */
export interface CanaryArm {
  /** Its name in events, metrics and `explain()`, and what `metadata.version` of its instances is, unless there is a `filter`. */
  readonly version: string
  /** Per cent; both arms sum to 100. */
  readonly weight: number
  /** Default: instances whose `metadata.version` is `version`. */
  readonly filter?: ServiceFilter
}

/** A step that a canary is about to take. */
export interface PendingCanaryStep {
  readonly stableVersion: string
  readonly canaryVersion: string
  /** Per cent. */
  readonly weight: number
  /** Per cent. */
  readonly nextWeight: number
}

/** How a canary moves on, and when it goes back. What is judged and why: docs/guides/how-the-canary-decides.md. */
export interface CanaryPromotion {
  /**
   * What promotes: `error-rate` and `latency` compare the canary with stable, latency and errors both for the latter; `custom` asks
   * `customEvaluator`. Errors roll back with every strategy.
   */
  readonly strategy: 'error-rate' | 'latency' | 'custom'
  /**
   * Per cent. A canary that is above it, with 99 % confidence, while stable is not, is rolled back; one that is below it, with 95 %, may be
   * promoted. Default: none, and 1 for promotions.
   */
  readonly errorThreshold?: number
  /** A canary whose `latencyPercentile` is above it, with 99 % confidence, while stable's is not, is rolled back. Default: none. */
  readonly latencyThreshold?: Duration
  /** Which percentile `latencyThreshold` and strategy `latency` are about. Default 95. */
  readonly latencyPercentile?: 50 | 95 | 99
  /** The window of `getMetrics()`, and so of what `customEvaluator` gets. Default: `stepInterval`. */
  readonly evaluationWindow?: Duration
  /** Take the next step when the evidence allows it. Default `true`; `false` leaves it to `promote()`. */
  readonly autoPromote?: boolean
  /** Default `true`; `false` pauses the canary instead. */
  readonly autoRollback?: boolean
  /** Ascending weights in per cent; the last is 100. Default 10, 25, 50, 75, 100. `[0, 100]` is a blue-green switch. */
  readonly steps?: readonly number[]
  /** How long a step lasts at least. A step without a decision for ten times as long pauses the canary. Default 5 minutes. */
  readonly stepInterval?: Duration
  /** Requests that the canary must have had in a step before it takes the next one. Default 100. */
  readonly minRequests?: number
  /** How often, in per cent, a canary that is as good as stable may be rolled back by the comparison: its level of significance α. Default 1. */
  readonly falseRollbackRate?: number
  /**
   * Decides for strategy `custom`, and only there. What it throws, a promise, or any other answer counts as `hold` and is reported as
   * `canary:fault`.
   */
  readonly customEvaluator?: (metrics: CanaryMetrics) => 'promote' | 'hold' | 'rollback'
  /**
   * Asked before each step that the evidence allows; `false`, what it throws and what it rejects with hold the step, and it is asked again
   * after another `stepInterval`. The evidence is looked at once more after its `true`. Steps that are taken by hand are not asked for.
   */
  readonly confirm?: (step: PendingCanaryStep) => boolean | PromiseLike<boolean>
  /** Largest share of the mirror's answers, in per cent, that may differ for a step to be taken. Needs `trafficPolicy.mirror.diff`. */
  readonly maxMirrorDiffRate?: number
}

/** A canary: two versions, how the traffic is split between them at first, and how the split moves. */
export interface CanaryConfig {
  /** The version that is known to work. */
  readonly stable: CanaryArm
  /** The version that is tried. */
  readonly canary: CanaryArm
  readonly promotion: CanaryPromotion
  /**
   * Keeps whoever sends the same key with one arm: the client's address, the value of a header, or that of a cookie, which with `issue` is
   * given to clients that have none. Raising the weight only moves keys from stable to the canary. Requests without the key are drawn one by one.
   * Default: every request is.
   */
  readonly stickyBy?: 'ip' | { readonly header: string } | { readonly cookie: string; readonly issue?: boolean }
  /** A header or cookie by which testers choose: its value is `stable`, `canary`, or the version of one. Their requests are no evidence. */
  readonly override?: { readonly header?: string; readonly cookie?: string }
  /**
   * Send a request that failed on the canary to stable, where it may be repeated and nothing went to the client yet. It counts as the canary's
   * failure, and the client does not see it. Default `false`.
   */
  readonly fallbackToStable?: boolean
}
