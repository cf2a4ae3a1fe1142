import { HazelError } from '@hazeljs/core'

export type CanaryStoreErrorCode = 'CANARY_STORE_UNAVAILABLE' | 'ROLLOUT_UNKNOWN' | 'ROLLOUT_UNREADABLE'

/**
 * A store did not do what it was asked. `CANARY_STORE_UNAVAILABLE`: it did not answer, or refused. `ROLLOUT_UNKNOWN`: it has no such rollout.
 * `ROLLOUT_UNREADABLE`: what it keeps for the rollout is none.
 */
export class CanaryStoreError extends HazelError {
  declare readonly code: CanaryStoreErrorCode
}

/** @param id of the rollout */
export function unknownRollout(id: string): CanaryStoreError {
  return new CanaryStoreError('ROLLOUT_UNKNOWN', `The store of canaries has no rollout '${id}'; open() makes one`)
}

/** By its code: a store may throw the error of another copy of this package. */
export function isUnknownRollout(error: Error): boolean {
  return 'code' in error && error.code === 'ROLLOUT_UNKNOWN'
}
