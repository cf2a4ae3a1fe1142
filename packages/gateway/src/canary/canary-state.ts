import { HazelError } from '@hazeljs/core'

/** The states of a rollout. PROMOTED and ROLLED_BACK are ends: only a rollback leaves PROMOTED, and nothing leaves ROLLED_BACK. */
export const CanaryState = {
  /** Traffic is split, and the canary may move on. */
  ACTIVE: 'ACTIVE',
  /** Traffic is split as it is; only a hand moves it. */
  PAUSED: 'PAUSED',
  /** The canary has all the traffic. */
  PROMOTED: 'PROMOTED',
  /** Stable has all the traffic; this canary never comes back. */
  ROLLED_BACK: 'ROLLED_BACK',
} as const
export type CanaryState = (typeof CanaryState)[keyof typeof CanaryState]

/** What is done to a canary. `step` takes the next weight below 100, `complete` takes 100. */
export type CanaryMove = 'pause' | 'resume' | 'step' | 'complete' | 'rollback'

/**
 * Every move from every state. A move that is done already, or has nothing left to do, leaves the state as it is; `refused` is what
 * would send traffic to a canary again that was rolled back.
 */
const transitions: Readonly<Record<CanaryState, Readonly<Record<CanaryMove, CanaryState | 'refused'>>>> = {
  ACTIVE: { pause: 'PAUSED', resume: 'ACTIVE', step: 'ACTIVE', complete: 'PROMOTED', rollback: 'ROLLED_BACK' },
  PAUSED: { pause: 'PAUSED', resume: 'ACTIVE', step: 'PAUSED', complete: 'PROMOTED', rollback: 'ROLLED_BACK' },
  PROMOTED: { pause: 'PROMOTED', resume: 'PROMOTED', step: 'PROMOTED', complete: 'PROMOTED', rollback: 'ROLLED_BACK' },
  ROLLED_BACK: { pause: 'ROLLED_BACK', resume: 'refused', step: 'refused', complete: 'refused', rollback: 'ROLLED_BACK' },
}

/** A canary that was rolled back can't be promoted or resumed. Code `CANARY_ROLLED_BACK`. */
export class CanaryStateError extends HazelError {
  readonly state: CanaryState

  constructor(state: CanaryState, move: CanaryMove) {
    const verb = move === 'resume' ? 'resumed' : 'promoted'
    super('CANARY_ROLLED_BACK', `The canary was rolled back and can't be ${verb}; release the next version as a new canary`)
    this.state = state
  }
}

/** @throws CanaryStateError when the move is refused. */
export function nextCanaryState(state: CanaryState, move: CanaryMove): CanaryState {
  const next = transitions[state][move]
  if (next === 'refused') throw new CanaryStateError(state, move)
  return next
}
