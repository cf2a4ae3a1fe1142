import type { Clock } from '@hazeljs/core'
import type { Assignment } from './assignment.js'
import { EpochCounter } from './epoch-counter.js'
import type { EpochTally, RolloutState, Tally } from './rollout.js'

export interface LiveRolloutOptions {
  readonly first: RolloutState
  readonly clock: Clock
  /** One error of a key counts as evidence in so long. */
  readonly forgetAfterMs: number
  /** Called after each change of the state, whoever made it. */
  readonly onChange: (before: RolloutState, now: RolloutState) => void
}

/** The rollout as this process goes by it, and what it counted in the running epoch. */
export class LiveRollout {
  readonly #options: LiveRolloutOptions
  #state: RolloutState
  #counter: EpochCounter
  #epochSinceMs: number

  constructor(options: LiveRolloutOptions) {
    this.#options = options
    this.#state = options.first
    this.#counter = new EpochCounter(options.first.epoch, options.forgetAfterMs)
    this.#epochSinceMs = options.clock.now()
  }

  get state(): RolloutState {
    return this.#state
  }

  get stepMs(): number {
    return this.#options.clock.now() - this.#epochSinceMs
  }

  /** What is counted in the running epoch. */
  get tally(): Tally {
    return this.#counter.snapshot()
  }

  /** All epochs, the running one last. */
  get epochs(): readonly EpochTally[] {
    return [...this.#state.past, { weight: this.#state.weight, ...this.tally }]
  }

  /** Counts what became of a request. `true`: it may speak against the canary. */
  count({ arm, epoch, bucket }: Assignment, outcome: 'success' | 'failure', ms: number): boolean {
    if (epoch !== this.#counter.epoch) return false
    const { slowMs } = this.#state
    if (outcome === 'failure') this.#counter.error(arm, bucket, this.#options.clock.now())
    else if (slowMs !== undefined && ms > slowMs) this.#counter.slowSuccess(arm, bucket, this.#options.clock.now())
    else {
      this.#counter.success(arm)
      return false
    }
    return true
  }

  /** From now on it is so. */
  become(next: RolloutState): void {
    const before = this.#state
    this.#state = next
    if (next.epoch !== before.epoch) {
      const { clock, forgetAfterMs } = this.#options
      this.#counter = new EpochCounter(next.epoch, forgetAfterMs)
      // Another process may have begun it some time ago, by a clock that is a little off.
      this.#epochSinceMs = clock.now() - Math.max(0, clock.wallTime() - next.epochSince)
    }
    this.#options.onChange(before, next)
  }
}
