import { type Clock, tell, toError } from '@hazeljs/core'
import { boundedCall } from './bounded-call.js'
import { isUnknownRollout } from './canary-store-error.js'

/** A call of the store that takes longer has failed, whatever the store's own limit is. */
export const storeCallLimitMs = 5_000

/** Who is told of outages. */
interface OutageObserver {
  fault(error: Error): void
  recovered(): void
}

/** Calls a store, and knows whether it is there: an outage is told once, and its end. */
export class StoreLink {
  readonly #clock: Clock
  readonly #observer: OutageObserver
  #isAway = false
  #isConnected = false
  #failures = 0
  #isClosed = false

  constructor(clock: Clock, observer: OutageObserver) {
    this.#clock = clock
    this.#observer = observer
  }

  /** Whether the store has answered since it last failed. */
  get isConnected(): boolean {
    return this.#isConnected
  }

  /** In a row. */
  get failures(): number {
    return this.#failures
  }

  /** @throws what the store does; it says of who knows no better than that a rollout is unknown that it is there. */
  async call<T>(call: () => Promise<T>): Promise<T> {
    try {
      const answer = await boundedCall(this.#clock, storeCallLimitMs, call)
      this.#answered()
      return answer
    } catch (error) {
      if (isUnknownRollout(toError(error))) this.#answered()
      throw error
    }
  }

  /** What was done with the store has failed. */
  failed(thrown: unknown): void {
    this.#failures++
    this.#isConnected = false
    if (this.#isAway || this.#isClosed) return
    this.#isAway = true
    tell('A fault of the store of canaries', () => this.#observer.fault(toError(thrown)))
  }

  /** Nobody is told any more. */
  close(): void {
    this.#isClosed = true
  }

  #answered(): void {
    this.#failures = 0
    this.#isConnected = true
    if (!this.#isAway) return
    this.#isAway = false
    if (!this.#isClosed) tell('The recovery of the store of canaries', () => this.#observer.recovered())
  }
}
