import type { CanaryState } from '../canary-state.js'

/** What one arm did in one epoch. Numbers only grow, and tallies of several processes are added. */
export interface CanaryArmTally {
  /** Requests that were judged. */
  readonly requests: number
  /** Those of them that failed. */
  readonly errors: number
  /** Those that succeeded, but took longer than the rollout's `slowMs`. */
  readonly slow: number
  /** Errors as comparisons count them: with sticky assignment those of keys that had none in this `stepInterval` and the one before. */
  readonly distinctErrors: number
  /** Slow requests as comparisons count them. */
  readonly distinctSlow: number
}

/** What both arms did, as it is judged. */
export interface CanaryTally {
  readonly stable: CanaryArmTally
  readonly canary: CanaryArmTally
}

/** What was counted while the canary had one weight. */
export interface CanaryEpochTally extends CanaryTally {
  /** Per cent. */
  readonly weight: number
}

/** A rollout as it is kept and shared: plain JSON. Frozen; whoever changes it makes another. */
export interface RolloutState {
  readonly state: CanaryState
  /** Rises with each change of the weight. What was counted under another epoch is no evidence in this one. */
  readonly epoch: number
  /** The canary's share of the traffic, in per cent. */
  readonly weight: number
  /** Successes that take longer count as slow. `undefined`: not known yet, or latency is not judged. */
  readonly slowMs?: number | undefined
  /** When the epoch began: milliseconds since the Unix epoch. */
  readonly epochSince: number
  /** When state or weight last changed: milliseconds since the Unix epoch. */
  readonly changedAt: number
  /** Why, as a sentence. */
  readonly reason: string
  /** What all processes counted in the epochs before this one, the oldest first. */
  readonly past: readonly CanaryEpochTally[]
}

export const emptyArm: CanaryArmTally = Object.freeze({ requests: 0, errors: 0, slow: 0, distinctErrors: 0, distinctSlow: 0 })
export const emptyTally: CanaryTally = Object.freeze({ stable: emptyArm, canary: emptyArm })

export function addTallies(a: CanaryTally, b: CanaryTally): CanaryTally {
  return { stable: addArms(a.stable, b.stable), canary: addArms(a.canary, b.canary) }
}

function addArms(a: CanaryArmTally, b: CanaryArmTally): CanaryArmTally {
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    slow: a.slow + b.slow,
    distinctErrors: a.distinctErrors + b.distinctErrors,
    distinctSlow: a.distinctSlow + b.distinctSlow,
  }
}
