import type { CanaryState } from '../canary-state.js'
import type { RolloutState, CanaryTally } from './rollout.js'

/** Tallies of so many past epochs are kept; of a canary that is moved by hand for ever, the oldest go, with what they say against it. */
export const rememberedEpochs = 50

/** A canary that is given all the traffic from the start is promoted: nothing is left to compare it with. */
export function firstState(weight: number, wallMs: number): RolloutState {
  const state = weight === 100 ? 'PROMOTED' : 'ACTIVE'
  return Object.freeze({ state, epoch: 0, weight, epochSince: wallMs, changedAt: wallMs, reason: 'begun', past: [] })
}

/** The same epoch goes on in another state. */
export function inState(rollout: RolloutState, state: CanaryState, reason: string, wallMs: number): RolloutState {
  return Object.freeze({ ...rollout, state, reason, changedAt: wallMs })
}

/** The same epoch goes on, in which requests are now slow from `slowMs` on. */
export function withSlowMs(rollout: RolloutState, slowMs: number | undefined): RolloutState {
  return Object.freeze({ ...rollout, slowMs })
}

/** Another epoch begins; `tally` is what was counted in the one that ends. */
export function nextEpoch(
  rollout: RolloutState,
  tally: CanaryTally,
  change: { readonly state: CanaryState; readonly weight: number; readonly reason: string; readonly slowMs: number | undefined },
  wallMs: number,
): RolloutState {
  const { stable, canary } = tally
  return Object.freeze({
    ...rollout,
    ...change,
    epoch: rollout.epoch + 1,
    epochSince: wallMs,
    changedAt: wallMs,
    past: Object.freeze([...rollout.past, { weight: rollout.weight, stable, canary }].slice(-rememberedEpochs)),
  })
}
