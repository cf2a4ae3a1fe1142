import type { Clock, Random } from '@hazeljs/core'
import { type Assignment, noBucket, noEpoch } from './assignment/assignment.js'
import type { CanaryStore, StoredRollout } from './sharing/canary-store.js'
import { EpochCounter } from './rollout/epoch-counter.js'
import { FreshKeys } from './rollout/fresh-keys.js'
import { emptyTally, type CanaryEpochTally, type RolloutState, type CanaryTally } from './rollout/rollout.js'
import { inState } from './rollout/rollout-moves.js'
import { SharedRollout } from './sharing/shared-rollout.js'

/** Where a rollout is kept and shared. */
export interface SharingOptions {
  readonly store: CanaryStore
  /** The same on every process that shares it. */
  readonly id: string
  readonly random: Random
  /** How often this process reports. */
  readonly intervalMs: number
}

export interface LiveRolloutOptions {
  readonly first: RolloutState
  readonly clock: Clock
  /** A key that fails in every such interval counts as evidence once. Of a step that others began so much time counts at most. */
  readonly intervalMs: number
  readonly sharing: SharingOptions | undefined
  /** Called after each change of the state, whoever made it. */
  readonly onChange: (before: RolloutState, now: RolloutState) => void
  /** It is this process's turn to look at the evidence, which is fresh. */
  readonly onLead: () => void
  readonly onFault: (error: Error) => void
  readonly onRecovery: () => void
}

/** The rollout as this process goes by it, and what was counted in the running epoch. */
export class LiveRollout {
  readonly #options: LiveRolloutOptions
  readonly #sharing: SharedRollout | undefined
  #state: RolloutState
  #counter: EpochCounter
  readonly #erred: FreshKeys
  readonly #slow: FreshKeys
  #epochSinceMs: number
  /** What all processes have reported of the running epoch, as far as this one has heard. */
  #reported: CanaryTally = emptyTally
  #leader: string | undefined
  #isKnown: boolean
  /** Proposed to the others, and not yet theirs. */
  #proposed: { readonly next: RolloutState; readonly note: () => void } | undefined

  constructor(options: LiveRolloutOptions) {
    const { first, clock, intervalMs, sharing } = options
    this.#options = options
    this.#state = first
    this.#counter = new EpochCounter(first.epoch)
    this.#erred = new FreshKeys(intervalMs, clock.now())
    this.#slow = new FreshKeys(intervalMs, clock.now())
    this.#epochSinceMs = clock.now()
    this.#isKnown = sharing === undefined
    this.#sharing = sharing && this.#share(sharing)
    this.#sharing?.connect()
  }

  get state(): RolloutState {
    return this.#state
  }

  /** The canary's share of the next requests: none until the store has said how far the rollout is. */
  get splitWeight(): number {
    return this.#isKnown ? this.#state.weight : 0
  }

  /** The epoch in which the next requests are evidence: none until they are split as its weight says. */
  get splitEpoch(): number {
    return this.#isKnown ? this.#state.epoch : noEpoch
  }

  get stepMs(): number {
    return this.#options.clock.now() - this.#epochSinceMs
  }

  /** What all processes counted in the running epoch. */
  get tally(): CanaryTally {
    return this.#sharing === undefined ? this.#counter.snapshot() : this.#reported
  }

  /** All epochs, the running one last. */
  get epochs(): readonly CanaryEpochTally[] {
    return [...this.#state.past, { weight: this.#state.weight, ...this.tally }]
  }

  /** Number of the oldest of {@link epochs}. */
  get firstEpoch(): number {
    return Math.max(0, this.#state.epoch - this.#state.past.length)
  }

  /** Whether what was decided is on its way to the store. */
  get isProposing(): boolean {
    return this.#proposed !== undefined
  }

  get isShared(): boolean {
    return this.#sharing !== undefined
  }

  get leads(): boolean {
    return this.#sharing === undefined || (this.#sharing.isConnected && this.#leader === this.#sharing.member)
  }

  /** `undefined` without a store. */
  get storeAnswers(): boolean | undefined {
    return this.#sharing?.isConnected
  }

  start(): void {
    this.#sharing?.start()
  }

  stop(): void {
    this.#sharing?.stop()
  }

  async close(): Promise<void> {
    await this.#sharing?.close()
  }

  /** Counts what became of a request. `true`: it may speak against the canary. */
  count({ arm, epoch, bucket }: Assignment, outcome: 'success' | 'failure', ms: number): boolean {
    if (epoch !== this.#counter.epoch) return false
    const { slowMs } = this.#state
    if (outcome === 'failure') this.#counter.error(arm, this.#isFresh(this.#erred, bucket))
    else if (slowMs !== undefined && ms > slowMs) this.#counter.slowSuccess(arm, this.#isFresh(this.#slow, bucket))
    else {
      this.#counter.success(arm)
      return false
    }
    this.#sharing?.soon()
    return true
  }

  /** What the evidence asks for: at once where the rollout is this process's own, else when the store has it. `note` is called when it is done. */
  decide(next: RolloutState, note: () => void): void {
    if (this.#sharing === undefined) {
      this.#announce(this.#become(next), note)
    } else if (this.#proposed === undefined) {
      this.#proposed = { next, note }
      void this.#sharing.propose(next, true).then(() => (this.#proposed = undefined))
    }
  }

  /** What a hand asks for: here at once, and then everywhere. `note` is called when it is done here. */
  force(next: RolloutState, note: () => void): void {
    this.#announce(this.#become(next), note)
    // A listener may have moved it on, and proposed that.
    if (this.#state === next) void this.#propose(next)
  }

  /** A step that was on its way when a hand paused does not undo the pause. */
  async #propose(next: RolloutState): Promise<void> {
    const stands = await this.#sharing?.propose(next, false)
    if (stands !== false || next.state !== 'PAUSED' || this.#state.state !== 'ACTIVE' || this.#state.epoch <= next.epoch) return
    this.force(inState(this.#state, next.state, next.reason, this.#options.clock.wallTime()), () => undefined)
  }

  #isFresh(keys: FreshKeys, bucket: number): boolean {
    return bucket === noBucket || keys.take(bucket, this.#options.clock.now())
  }

  #share({ store, id, random, intervalMs }: SharingOptions): SharedRollout {
    const { clock, onLead, onFault, onRecovery } = this.#options
    const rollout = () => this.#state
    const ownTally = () => this.#counter.snapshot()
    return new SharedRollout(
      store,
      id,
      {
        get rollout() {
          return rollout()
        },
        get ownTally() {
          return ownTally()
        },
        adopt: (stored) => {
          this.#adopt(stored)
        },
        lead: onLead,
        fault: onFault,
        recovered: onRecovery,
      },
      { clock, random, intervalMs },
    )
  }

  #adopt({ rollout, tally, leader }: StoredRollout): void {
    this.#isKnown = true
    this.#leader = leader
    if (isSame(this.#state, rollout)) {
      this.#reported = tally
      return
    }
    const note = this.#proposed !== undefined && isSame(this.#proposed.next, rollout) ? this.#proposed.note : undefined
    // Another process may have begun it some time ago, by a clock that is a little off; while none ran, none could decide.
    const { clock, intervalMs } = this.#options
    const before = this.#become(rollout, Math.min(Math.max(0, clock.wallTime() - rollout.epochSince), intervalMs))
    this.#reported = tally
    this.#announce(before, note)
  }

  /** Gives what was before. */
  #become(next: RolloutState, lastedMs = 0): RolloutState {
    const before = this.#state
    this.#state = next
    // Two may have begun an epoch at once, and one of them stands.
    if (next.epoch !== before.epoch || next.epochSince !== before.epochSince) {
      this.#counter = new EpochCounter(next.epoch)
      this.#reported = emptyTally
      this.#epochSinceMs = this.#options.clock.now() - lastedMs
    }
    return before
  }

  /** Comes when everything is done: whoever is told may move the rollout on. */
  #announce(before: RolloutState, note: (() => void) | undefined): void {
    const now = this.#state
    note?.()
    this.#options.onChange(before, now)
  }
}

/** Past epochs follow from the rest. */
function isSame(a: RolloutState, b: RolloutState): boolean {
  return a.epoch === b.epoch && a.state === b.state && a.weight === b.weight && a.slowMs === b.slowMs && a.changedAt === b.changedAt
}
