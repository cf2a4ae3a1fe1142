import { type Clock, guardClock, reportFault, systemClock } from '@hazeljs/core'
import type { CanaryStore, RolloutReport, StoredRollout } from './canary-store.js'
import { unknownRollout } from './canary-store-error.js'
import { addTallies, type CanaryArmTally, emptyTally, type RolloutState, type CanaryTally } from '../rollout/rollout.js'

type Listener = (stored: StoredRollout) => void

interface Kept {
  rollout: RolloutState
  revision: number
  /** What each member reported last for the rollout's epoch. */
  readonly tallies: Map<string, CanaryTally>
  lease: { readonly member: string; readonly endsAt: number } | undefined
}

/**
 * Keeps rollouts in memory: engines of one process share them, and a gateway that is made anew in it resumes them. Nothing outlives the
 * process.
 */
export class MemoryCanaryStore implements CanaryStore {
  readonly #clock: Clock
  readonly #rollouts = new Map<string, Kept>()
  readonly #listeners = new Map<string, Set<Listener>>()
  /** Counted over all rollouts, so that one which is opened anew has a later revision than it had before. */
  #revision = 0

  /** Leases end by `clock`. */
  constructor(clock: Clock = systemClock) {
    this.#clock = guardClock(clock)
  }

  async open(id: string, initial: RolloutState): Promise<StoredRollout> {
    const known = this.#rollouts.get(id)
    if (known !== undefined) return this.#stored(known)
    const kept: Kept = { rollout: initial, revision: ++this.#revision, tallies: new Map(), lease: undefined }
    this.#rollouts.set(id, kept)
    return this.#announce(id, kept)
  }

  async report(id: string, { member, epoch, tally, leaseMs }: RolloutReport): Promise<StoredRollout> {
    const kept = this.#rollouts.get(id)
    if (kept === undefined) throw unknownRollout(id)
    if (epoch === kept.rollout.epoch) kept.tallies.set(member, laterTally(tally, kept.tallies.get(member) ?? emptyTally))
    const leader = this.#leaderOf(kept)
    if (leaseMs > 0 && (leader ?? member) === member) kept.lease = { member, endsAt: this.#clock.now() + leaseMs }
    else if (leaseMs <= 0 && leader === member) kept.lease = undefined
    return this.#stored(kept)
  }

  async update(id: string, revision: number, next: RolloutState, leader?: string): Promise<StoredRollout | undefined> {
    const kept = this.#rollouts.get(id)
    if (kept?.revision !== revision) return undefined
    if (leader !== undefined && this.#leaderOf(kept) !== leader) return undefined
    if (next.epoch !== kept.rollout.epoch) kept.tallies.clear()
    kept.rollout = next
    kept.revision = ++this.#revision
    return this.#announce(id, kept)
  }

  watch(id: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(id) ?? new Set()
    this.#listeners.set(id, listeners)
    // One of its own, so that a listener which watches twice is told twice.
    const own: Listener = (stored) => listener(stored)
    listeners.add(own)
    return () => {
      listeners.delete(own)
      if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id)
    }
  }

  async remove(id: string): Promise<void> {
    this.#rollouts.delete(id)
  }

  /** Forgets who watches; the rollouts stay. */
  async close(): Promise<void> {
    this.#listeners.clear()
  }

  #announce(id: string, kept: Kept): StoredRollout {
    const stored = this.#stored(kept)
    for (const listener of [...(this.#listeners.get(id) ?? [])]) {
      try {
        listener(stored)
      } catch (error) {
        reportFault('A watch of a rollout', error)
      }
    }
    return stored
  }

  #stored(kept: Kept): StoredRollout {
    const tally = [...kept.tallies.values()].reduce(addTallies, emptyTally)
    return Object.freeze({ rollout: kept.rollout, revision: kept.revision, tally, leader: this.#leaderOf(kept) })
  }

  #leaderOf({ lease }: Kept): string | undefined {
    return lease !== undefined && this.#clock.now() < lease.endsAt ? lease.member : undefined
  }
}

/** Numbers only grow, so of two reports of one member the larger numbers are the later ones, whichever came first. */
function laterTally(a: CanaryTally, b: CanaryTally): CanaryTally {
  return { stable: laterArm(a.stable, b.stable), canary: laterArm(a.canary, b.canary) }
}

function laterArm(a: CanaryArmTally, b: CanaryArmTally): CanaryArmTally {
  return {
    requests: Math.max(a.requests, b.requests),
    errors: Math.max(a.errors, b.errors),
    slow: Math.max(a.slow, b.slow),
    distinctErrors: Math.max(a.distinctErrors, b.distinctErrors),
    distinctSlow: Math.max(a.distinctSlow, b.distinctSlow),
  }
}
