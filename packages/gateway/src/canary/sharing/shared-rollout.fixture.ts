import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import type { CanaryStore, RolloutReport, StoredRollout } from './canary-store.js'
import { MemoryCanaryStore } from './memory-canary-store.js'
import { emptyArm, type RolloutState, type CanaryTally } from '../rollout/rollout.js'
import { firstState, inState, nextEpoch } from '../rollout/rollout-moves.js'
import { type RolloutHost, SharedRollout, type SharedRolloutOptions } from './shared-rollout.js'

/** An engine that counts what it is told to, and writes down what it hears. */
export class RecordingHost implements RolloutHost {
  rollout: RolloutState = firstState(10, 0)
  ownTally: CanaryTally = tallyOf(0)
  readonly adopted: StoredRollout[] = []
  readonly led: StoredRollout[] = []
  readonly log: string[] = []
  onLead: (stored: StoredRollout) => void = () => undefined

  adopt(stored: StoredRollout): void {
    if (stored.rollout.epoch !== this.rollout.epoch) this.ownTally = tallyOf(0)
    this.rollout = stored.rollout
    this.adopted.push(stored)
  }

  lead(stored: StoredRollout): void {
    this.led.push(stored)
    this.onLead(stored)
  }

  fault(error: Error): void {
    this.log.push(error.message)
  }

  recovered(): void {
    this.log.push('recovered')
  }

  /** What it was told last of all members' requests of the canary. */
  get requests(): number | undefined {
    return this.adopted.at(-1)?.tally.canary.requests
  }
}

export function tallyOf(requests: number, errors = 0): CanaryTally {
  return { stable: emptyArm, canary: { ...emptyArm, requests, errors, distinctErrors: errors } }
}

/** As an engine makes them. */
export function stepTo(weight: number, rollout: RolloutState): RolloutState {
  return nextEpoch(rollout, tallyOf(0), { state: 'ACTIVE', weight, reason: `to ${weight}`, slowMs: undefined }, 0)
}

export function rolledBack(rollout: RolloutState): RolloutState {
  return nextEpoch(rollout, tallyOf(0), { state: 'ROLLED_BACK', weight: 0, reason: 'harm', slowMs: undefined }, 0)
}

export function paused(rollout: RolloutState): RolloutState {
  return inState(rollout, 'PAUSED', 'by hand', 0)
}

type Fault = (call: () => Promise<unknown>) => Promise<unknown>

/** A store whose calls can fail, hang, or be answered late; and which counts those under way. */
export class FaultyStore implements CanaryStore {
  readonly #store: CanaryStore
  #fault: Fault | undefined
  readonly reports: RolloutReport[] = []
  underWay = 0
  mostUnderWay = 0

  constructor(store: CanaryStore) {
    this.#store = store
  }

  /** From now on, and for all calls until {@link heal}. */
  break(fault: Fault): void {
    this.#fault = fault
  }

  heal(): void {
    this.#fault = undefined
  }

  open(id: string, initial: RolloutState): Promise<StoredRollout> {
    return this.#call(() => this.#store.open(id, initial))
  }

  async report(id: string, report: RolloutReport): Promise<StoredRollout> {
    this.reports.push(report)
    this.underWay++
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay)
    return this.#call(() => this.#store.report(id, report)).finally(() => this.underWay--)
  }

  update(id: string, revision: number, next: RolloutState, leader?: string): Promise<StoredRollout | undefined> {
    return this.#call(() => this.#store.update(id, revision, next, leader))
  }

  watch(id: string, listener: (stored: StoredRollout) => void): () => void {
    return this.#store.watch(id, listener)
  }

  remove(id: string): Promise<void> {
    return this.#store.remove(id)
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  #call<T>(call: () => Promise<T>): Promise<T> {
    return this.#fault === undefined ? call() : (this.#fault(call) as Promise<T>)
  }
}

export const rolloutId = 'orders 1 → 2'

/** Members of one rollout, each with a store that may fail for it alone. */
export function members(count: number, options: Partial<SharedRolloutOptions> = {}) {
  const clock = new FakeClock()
  const memory = new MemoryCanaryStore(clock)
  const random = new SeededRandom(1)
  const all = Array.from({ length: count }, (_, index) => {
    const host = new RecordingHost()
    const store = new FaultyStore(memory)
    const rollout = new SharedRollout(store, rolloutId, host, { clock, random, member: `m${index}`, ...options })
    return { host, store, rollout }
  })
  const begin = async () => {
    for (const { rollout } of all) {
      rollout.connect()
      rollout.start()
      await clock.advance(1)
    }
  }
  const kept = async () => memory.open(rolloutId, firstState(1, 0))
  return { clock, memory, all, begin, kept }
}
