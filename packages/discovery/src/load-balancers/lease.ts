import type { ServiceInstance } from '@hazeljs/core'
import type { Outcome } from '@hazeljs/resilience'

/** An instance picked and counted in one step. Release it when the call is over: for HTTP, when the response's body has ended. */
export interface Lease {
  readonly instance: ServiceInstance
  /** Only the first call counts. Default `success`. */
  release(outcome?: Outcome): void
}
