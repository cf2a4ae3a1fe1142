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
  readonly part: 'customEvaluator' | 'confirm' | 'mirrorDiff' | 'store'
  readonly error: Error
}

export interface CanaryEvents {
  /** The canary's weight was raised. */
  'canary:promote': CanaryChange
  /** The canary reached 100 per cent. Follows the last `canary:promote`. */
  'canary:complete': CanaryChange
  'canary:rollback': CanaryChange
  'canary:paused': CanaryChange
  /** What was decided on this process, with its numbers; a `hold` once for each reason. Comes when it is done, before the event of the change. */
  'canary:decision': CanaryDecision
  'canary:fault': CanaryFault
}
