import type { CanaryDecision } from './decisions.js'

/** A canary's weight or state changed. */
export interface CanaryChange {
  readonly stableVersion: string
  readonly canaryVersion: string
  /** The canary's share of the traffic from now on, in per cent. */
  readonly weight: number
  readonly previousWeight: number
  /** Why, as a sentence. */
  readonly reason: string
  /** Milliseconds since the Unix epoch. */
  readonly at: number
}

/** Something that a canary needs does not work. Nothing is decided by it, and the split stays as it is. Said once, until it has worked again. */
export interface CanaryFault {
  /** Whose doing it is: a function of the configuration, the comparisons of the mirror, or the store. */
  readonly part: 'customEvaluator' | 'confirm' | 'mirrorDiff' | 'store'
  readonly error: Error
}

/** An engine's events; a gateway's have `route` besides. */
export interface CanaryEvents {
  /** The canary's weight was raised. */
  'canary:promote': CanaryChange
  /** The canary reached 100 per cent. Follows the last `canary:promote`. */
  'canary:complete': CanaryChange
  /** Stable has all the traffic again. */
  'canary:rollback': CanaryChange
  /** By hand, for lack of a decision, or in place of a rollback where `autoRollback` is off. */
  'canary:paused': CanaryChange
  /** What was decided on this process, with its numbers; a `hold` once for each reason. Comes when it is done, before the event of the change. */
  'canary:decision': CanaryDecision
  /** `confirm`, `customEvaluator`, the mirror's count or the store does not work. */
  'canary:fault': CanaryFault
}
