import { CanaryState } from '../canary-state.js'
import type { RolloutState } from './rollout.js'

/**
 * Whether nothing leads from `a` to `b`, but something from `b` to `a`: epochs only rise, and nothing revives a rollout that was rolled
 * back. So where a store says `b` to who knows `a`, it has lost something.
 */
export function isFurther(a: RolloutState, b: RolloutState): boolean {
  const isRolledBack = a.state === CanaryState.ROLLED_BACK
  if (isRolledBack !== (b.state === CanaryState.ROLLED_BACK)) return isRolledBack
  return a.epoch > b.epoch
}

/** Whether the same has been done to both, as far as weight and state say. */
export function isSameMove(a: RolloutState, b: RolloutState): boolean {
  return a.state === b.state && a.epoch === b.epoch
}
