import type { SeededRandom } from '@hazeljs/core/testing'
import { FreshKeys } from '../../src/canary/rollout/fresh-keys.js'
import { type EventsAt, logEvidence } from '../../src/canary/judge/rate-comparison.js'
import { alpha } from './rollback-rules.js'
import { streamOf } from './rollbacks.js'
import { requestsOfRollout } from './scenarios.js'

const steps = [10, 25, 50, 75]
/** In requests of both arms, which are the clock here. */
const interval = requestsOfRollout / 4
const users = 2_000
/** One in a hundred: data that no version can read. Every request of theirs fails, in either arm. */
const brokenUsers = 20

/** Which errors of one user are evidence. The engine counts fresh ones: where there was none in this interval and the one before. */
export const countings = ['every error', 'one a user and interval', 'fresh ones', 'one a user'] as const
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
  const isEvidence = counter(counting)
  const epochs: (EventsAt & { stable: number; canary: number })[] = []
  let request = 0
  for (const weight of steps) {
    const events = { weight, stable: 0, canary: 0 }
    epochs.push(events)
    for (const end = request + requestsOfRollout; request < end; request++) {
      const user = Math.floor(random.next() * users)
      const place = places[user]
      if (place === undefined || !isEvidence(user, request)) continue
      events[place < weight ? 'canary' : 'stable']++
      if (logEvidence(epochs) >= -Math.log(alpha)) return true
    }
  }
  return false
}

function counter(counting: Counting): (user: number, request: number) => boolean {
  const fresh = new FreshKeys(interval, 0)
  const counted = new Set<string>()
  const isNew = (key: string) => counted.size < counted.add(key).size
  switch (counting) {
    case 'every error':
      return () => true
    case 'one a user and interval':
      return (user, request) => isNew(`${user} in ${Math.floor(request / interval)}`)
    case 'fresh ones':
      return (user, request) => fresh.take(user, request)
    case 'one a user':
      return (user) => isNew(String(user))
  }
}
