import type { ServiceInstance } from '@hazeljs/core'
import { missing, type Snapshot, toSnapshot } from './snapshot.js'

/** A service smaller than this may shrink in any way: half of three is no sign of a broken registry. */
export const minGuardedInstances = 4
/** The share of a service that may vanish at once without a second look. */
export const maxVanishingShare = 0.5

export interface Told {
  readonly instances: Snapshot
  /** Ids of those that were taken out on purpose. */
  readonly deregistered: ReadonlySet<string>
  /** Whether this settles a doubt: a listing that was asked for after the doubt arose, or by somebody who wants no second opinion. */
  readonly confirms: boolean
}

/**
 * Self-preservation, as in Eureka: when most instances vanish at once, the registry is more likely ill than they are. They stay until one
 * more listing confirms it. What was deregistered is gone at once.
 */
export class ShrinkGuard {
  #doubts = false

  /** Whether instances are held that the registry no longer names. */
  get doubts(): boolean {
    return this.#doubts
  }

  /** What to believe, after `known`, when this is told. */
  admit(known: Snapshot, { instances, deregistered, confirms }: Told): Snapshot {
    const vanished = missing(known, instances).filter(({ id }) => !deregistered.has(id))
    if (vanished.length === 0 || confirms) {
      this.#doubts = false
      return instances
    }
    this.#doubts ||= isSuspicious(vanished, known)
    return this.#doubts ? toSnapshot([...instances, ...vanished], known) : instances
  }
}

function isSuspicious(vanished: readonly ServiceInstance[], known: Snapshot): boolean {
  return known.length >= minGuardedInstances && vanished.length > known.length * maxVanishingShare
}
