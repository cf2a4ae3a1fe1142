import type { SeededRandom } from '@hazeljs/core/testing'
import { type EventsAt, logEvidence } from '../../src/canary/judge/rate-comparison.js'
import { alpha } from './rollback-rules.js'
import { streamOf } from './rollbacks.js'
import { requestsOfRollout } from './scenarios.js'

const steps = [10, 25, 50, 75]
const intervalsOfStep = 4
const users = 2_000
/** One in a hundred: data that no version can read. Every request of theirs fails, in either arm. */
const brokenUsers = 20

/** Which errors of one user are evidence. */
export const countings = ['every error', 'one a user and interval', 'one a user and step', 'one a user'] as const
export type Counting = (typeof countings)[number]

/**
 * Simulates rollouts that keep each user with one arm, from stable to the canary as the weight grows. Both arms are equally good, so every
 * rollback is wrong. From 0 to 1: how many are rolled back.
 */
export function rollbacksOfBrokenUsers(counting: Counting, rollouts: number, seed: number): number {
  let rolledBack = 0
  for (let rollout = 0; rollout < rollouts; rollout++) if (isRolledBack(counting, streamOf(seed, rollout))) rolledBack++
  return rolledBack / rollouts
}

function isRolledBack(counting: Counting, random: SeededRandom): boolean {
  const places = Array.from({ length: brokenUsers }, () => random.next() * 100)
  const counted = new Set<number>()
  const epochs: (EventsAt & { stable: number; canary: number })[] = []
  for (const weight of steps) {
    const events = { weight, stable: 0, canary: 0 }
    epochs.push(events)
    for (let request = 0; request < requestsOfRollout; request++) {
      if (forgets(counting, request)) counted.clear()
      const user = Math.floor(random.next() * users)
      const place = places[user]
      if (place === undefined || counted.has(user)) continue
      counted.add(user)
      events[place < weight ? 'canary' : 'stable']++
      if (logEvidence(epochs) >= -Math.log(alpha)) return true
    }
  }
  return false
}

function forgets(counting: Counting, requestOfStep: number): boolean {
  if (counting === 'one a user') return false
  if (counting === 'one a user and step') return requestOfStep === 0
  return counting === 'every error' || requestOfStep % (requestsOfRollout / intervalsOfStep) === 0
}
