import { reportFault } from '@hazeljs/core'
import type { Outcome } from '@hazeljs/resilience'
import { anyone, type CountedEndpoint, type CountedGroup, warmed } from './counted-endpoint.js'
import type { SlowStart } from './slow-start.js'
import type { BalancingStrategy } from './strategy.js'

/** Counts the leases of a balancer, and tells its strategies how they ended. */
export class Ledger {
  readonly #group: CountedGroup
  readonly #strategy: BalancingStrategy
  readonly #slowStart: SlowStart | undefined

  constructor(group: CountedGroup, strategy: BalancingStrategy, slowStart: SlowStart | undefined) {
    this.#group = group
    this.#strategy = strategy
    this.#slowStart = slowStart
  }

  open(endpoint: CountedEndpoint): void {
    this.#count(endpoint, 1)
  }

  /** Called by leases, once each. */
  settle(endpoint: CountedEndpoint, outcome: Outcome, latencyMs: number, nowMs: number): void {
    this.#count(endpoint, -1)
    try {
      this.#strategy.settled?.(endpoint, outcome, latencyMs, nowMs)
      this.#slowStart?.strategy.settled?.(endpoint, outcome, latencyMs, nowMs)
    } catch (fault) {
      reportFault('settled() of a balancing strategy', fault) // the call has ended whatever a strategy makes of it
    }
  }

  #count(endpoint: CountedEndpoint, leases: 1 | -1): void {
    endpoint.inFlight += leases
    if ((endpoint.groups & anyone) !== 0) this.#group.inFlight += leases
    if ((endpoint.groups & warmed) !== 0) (this.#slowStart as SlowStart).warm.inFlight += leases
  }
}
