import { show } from '@hazeljs/core'
import { CanaryState } from '../canary-state.js'
import type { StoredRollout } from './canary-store.js'
import { CanaryStoreError } from './canary-store-error.js'
import type { CanaryArmTally, CanaryEpochTally, RolloutState, CanaryTally } from '../rollout/rollout.js'

type Checks<T> = { readonly [K in keyof Required<T>]: (value: unknown) => boolean }

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0
const isTime = (value: unknown) => Number.isFinite(value)
const isWeight = (value: unknown) => typeof value === 'number' && value >= 0 && value <= 100
const isOptional = (holds: (value: unknown) => boolean) => (value: unknown) => value === undefined || holds(value)
const isSlowMs = (value: unknown) => typeof value === 'number' && value >= 0
const isState = (value: unknown) => Object.values<unknown>(CanaryState).includes(value)
const isText = (value: unknown) => typeof value === 'string'

const armChecks: Checks<CanaryArmTally> = {
  requests: isCount,
  errors: isCount,
  slow: isCount,
  distinctErrors: isCount,
  distinctSlow: isCount,
}
const isArm = (value: unknown) => wrongField(value, armChecks) === undefined
const tallyChecks: Checks<CanaryTally> = { stable: isArm, canary: isArm }
const isTally = (value: unknown) => wrongField(value, tallyChecks) === undefined
const epochChecks: Checks<CanaryEpochTally> = { ...tallyChecks, weight: isWeight }
const isPast = (value: unknown) => Array.isArray(value) && value.every((epoch) => wrongField(epoch, epochChecks) === undefined)

const rolloutChecks: Checks<RolloutState> = {
  state: isState,
  epoch: isCount,
  weight: isWeight,
  slowMs: isOptional(isSlowMs),
  epochSince: isTime,
  changedAt: isTime,
  reason: isText,
  past: isPast,
}
const storedChecks: Checks<StoredRollout> = {
  rollout: (value) => wrongField(value, rolloutChecks) === undefined,
  revision: isCount,
  tally: isTally,
  leader: isOptional(isText),
}

/** What a store gave for a rollout, if it is one. @throws CanaryStoreError `ROLLOUT_UNREADABLE` that names what is wrong. */
export function checkStored(given: unknown): StoredRollout {
  const wrong = wrongField(given, storedChecks)
  if (wrong === undefined) return given as StoredRollout
  const inRollout = wrong.startsWith('rollout ') ? wrongField((given as StoredRollout).rollout, rolloutChecks) : undefined
  const what = inRollout === undefined ? wrong : `rollout.${inRollout}`
  throw new CanaryStoreError('ROLLOUT_UNREADABLE', `The store of canaries holds what is no rollout: ${what}`)
}

/** The first field that does not hold, with its value. */
function wrongField<T>(given: unknown, checks: Checks<T>): string | undefined {
  if (typeof given !== 'object' || given === null) return `it is ${show(given)}`
  const fields = given as Record<string, unknown>
  for (const [name, holds] of Object.entries<(value: unknown) => boolean>(checks))
    if (!holds(fields[name])) return `${name} is ${show(fields[name])}`
  return undefined
}
