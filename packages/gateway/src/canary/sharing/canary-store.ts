import type { RolloutState, CanaryTally } from '../rollout/rollout.js'

/** A rollout as the store holds it. */
export interface StoredRollout {
  readonly rollout: RolloutState
  /** Rises with each change of `rollout`, and over its removal: one that is opened anew goes on with a later one. */
  readonly revision: number
  /** What all members have reported for the rollout's epoch, together. */
  readonly tally: CanaryTally
  /** The member that holds the lease, and so decides; `undefined` when nobody does. */
  readonly leader: string | undefined
}

/** What a member brings. */
export interface RolloutReport {
  /** Names one process, and no other at the same time. */
  readonly member: string
  /** The epoch that `tally` belongs to. A report of another epoch than the stored one is not added, and still renews the lease. */
  readonly epoch: number
  /** Absolute: all that this member has counted in the epoch. It replaces what it reported before, unless that was more. */
  readonly tally: CanaryTally
  /** For so long the lease is held from now on; `0` gives it up. */
  readonly leaseMs: number
}

/**
 * Keeps rollouts over restarts, and shares them between processes. Every method may reject when the store can't be reached: nothing is decided
 * then, and the split stays as it was.
 */
export interface CanaryStore {
  /** The rollout with this id; where there is none, `initial` becomes it. */
  open(id: string, initial: RolloutState): Promise<StoredRollout>
  /**
   * Reports what a member counted, takes or renews the lease if it is free or the member's own, and gives everything as it is then.
   *
   * @throws an error with the code `ROLLOUT_UNKNOWN` where there is no such rollout, as after a loss of data: whoever knows it opens it again.
   */
  report(id: string, report: RolloutReport): Promise<StoredRollout>
  /**
   * Replaces the rollout if its revision is still `revision`, with the reports of the old epoch forgotten where the epoch changes; `leader`
   * asks besides that this member holds the lease. `undefined`: it was not so, and nothing has changed.
   */
  update(id: string, revision: number, next: RolloutState, leader?: string): Promise<StoredRollout | undefined>
  /** Calls `listener` soon after each change of the rollout by anybody. Changes may be missed, as while a connection is away. */
  watch(id: string, listener: (stored: StoredRollout) => void): () => void
  /** Forgets a rollout: the next one with this id begins anew. */
  remove(id: string): Promise<void>
  /** Lets go of what the store opened itself. */
  close(): Promise<void>
}
