import type { CanaryConfig } from '../config/canary-config.js'
import type { CanaryChange } from './canary-events.js'
import type { RolloutState } from './rollout/rollout.js'

export type ChangeEvent = 'canary:promote' | 'canary:complete' | 'canary:rollback' | 'canary:paused'

/** What those who listen are told of a change, whoever made it; in this order. */
export function changesBetween(before: RolloutState, now: RolloutState): readonly ChangeEvent[] {
  if (now.state === 'ROLLED_BACK') return before.state === 'ROLLED_BACK' ? [] : ['canary:rollback']
  const events: ChangeEvent[] = []
  if (now.weight > before.weight) events.push('canary:promote')
  if (now.state === 'PROMOTED' && before.state !== 'PROMOTED') events.push('canary:complete')
  if (now.state === 'PAUSED' && before.state !== 'PAUSED') events.push('canary:paused')
  return events
}

export function canaryChange({ stable, canary }: CanaryConfig, previousWeight: number, now: RolloutState): CanaryChange {
  return {
    stableVersion: stable.version,
    canaryVersion: canary.version,
    weight: now.weight,
    previousWeight,
    reason: now.reason,
    at: now.changedAt,
  }
}
