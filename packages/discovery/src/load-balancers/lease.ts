import type { Clock, ServiceInstance } from '@hazeljs/core'
import type { Outcome } from '@hazeljs/resilience'
import type { HostRecord } from '../health/outlier/host-health.js'
import type { CountedEndpoint } from './counted-endpoint.js'
import type { Ledger } from './ledger.js'

/** An instance picked and counted in one step. Release it when the call is over: for HTTP, when the response's body has ended. */
export interface Lease {
  readonly instance: ServiceInstance
  /**
   * Only the first call counts. Default `success`.
   *
   * @param latencyMs how long the call took, for balancers that look at it. Default: the time since the pick.
   */
  release(outcome?: Outcome, latencyMs?: number): void
}

export class CountedLease implements Lease {
  readonly instance: ServiceInstance
  readonly #ledger: Ledger
  /** That of the process that was picked: another one may have come to its address when the call ends. */
  readonly #record: HostRecord | undefined
  /** `undefined` once it is released. */
  #endpoint: CountedEndpoint | undefined

  constructor(endpoint: CountedEndpoint, ledger: Ledger) {
    this.instance = endpoint.instance
    this.#endpoint = endpoint
    this.#record = endpoint.record
    this.#ledger = ledger
  }

  release(outcome: Outcome = 'success'): void {
    this.settle(outcome, 0, 0)
  }

  protected settle(outcome: Outcome, latencyMs: number, nowMs: number): void {
    const endpoint = this.#endpoint
    if (endpoint === undefined) return
    this.#endpoint = undefined
    if (endpoint.trial === this) endpoint.trial = undefined
    this.#ledger.settle(endpoint, outcome, latencyMs, nowMs)
    this.#record?.record(outcome)
  }
}

/** Of a balancer whose strategy looks at latencies. */
export class TimedLease extends CountedLease {
  readonly #clock: Clock
  readonly #pickedAtMs: number

  constructor(endpoint: CountedEndpoint, ledger: Ledger, clock: Clock, pickedAtMs: number) {
    super(endpoint, ledger)
    this.#clock = clock
    this.#pickedAtMs = pickedAtMs
  }

  override release(outcome: Outcome = 'success', latencyMs?: number): void {
    const nowMs = this.#clock.now()
    const isGiven = latencyMs !== undefined && latencyMs >= 0
    this.settle(outcome, isGiven ? latencyMs : nowMs - this.#pickedAtMs, nowMs)
  }
}
