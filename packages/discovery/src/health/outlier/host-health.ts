import type { ServiceInstance } from '@hazeljs/core'
import type { Outcome } from '@hazeljs/resilience'

/** What is known of one instance from the outcomes of calls to it. */
export interface HostRecord {
  /** Whether it is to get no traffic for now. Read when the owner says that ejections changed, not on each call. */
  readonly ejected: boolean
  /** Whether its last calls failed, so that it is to get one call at a time until one succeeds. Read on each pick. */
  readonly doubtful: boolean
  /** A call to it ended. Called once a call. */
  record(outcome: Outcome): void
}

/** Who of a service's instances is fit, judged by outcomes; balancers of all subsets and strategies read the same one. */
export interface HostHealth {
  /** The record of an instance: the same one for the same id as long as the instance is a member. */
  of(instance: ServiceInstance): HostRecord
}
