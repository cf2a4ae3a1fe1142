import type { StoredRollout } from '../canary/sharing/canary-store.js'
import { CanaryStoreError } from '../canary/sharing/canary-store-error.js'
import type { CanaryArmTally, CanaryTally } from '../canary/rollout/rollout.js'
import { checkStored } from '../canary/sharing/stored-rollout.js'
import { format } from './rollout-scripts.js'

const pattern = new RegExp(String.raw`^${format} (\d+)\n([\d ]+)\n([^\n]*)\n([^]*)$`)
const shownLength = 80

/** A rollout as a script gives and tells it. @throws CanaryStoreError `ROLLOUT_UNREADABLE` that says what is wrong. */
export function readRolloutText(text: unknown): StoredRollout {
  const match = typeof text === 'string' ? pattern.exec(text) : null
  if (match === null) throw unreadable(`expected a rollout of format ${format}, got ${String(text).slice(0, shownLength)}`)
  const [, revision, tally = '', leader = '', rollout = ''] = match
  const stored = {
    rollout: Object.freeze(parsed(rollout)),
    revision: Number(revision),
    tally: readTally(tally),
    leader: leader === '' ? undefined : decodeURIComponent(leader),
  }
  return Object.freeze(checkStored(stored))
}

function parsed(rollout: string): unknown {
  try {
    return JSON.parse(rollout)
  } catch (error) {
    throw unreadable(`it is not JSON: ${rollout.slice(0, shownLength)}`, { cause: error })
  }
}

function unreadable(what: string, options?: ErrorOptions): CanaryStoreError {
  return new CanaryStoreError('ROLLOUT_UNREADABLE', `A rollout in Redis can't be read: ${what}`, options)
}

/** Both arms, five numbers each. */
export function tallyText({ stable, canary }: CanaryTally): string {
  return [stable, canary].map((arm) => [arm.requests, arm.errors, arm.slow, arm.distinctErrors, arm.distinctSlow].join(' ')).join(' ')
}

function readTally(text: string): CanaryTally {
  const numbers = text.split(' ').map(Number)
  return { stable: armOf(numbers.slice(0, 5)), canary: armOf(numbers.slice(5)) }
}

function armOf([requests = NaN, errors = NaN, slow = NaN, distinctErrors = NaN, distinctSlow = NaN]: readonly number[]): CanaryArmTally {
  return { requests, errors, slow, distinctErrors, distinctSlow }
}

/** A member as a key's field and a line can hold it. */
export function memberText(member: string): string {
  return encodeURIComponent(member)
}
