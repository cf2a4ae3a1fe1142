import type { ServiceFilter, ServiceInstance } from '@hazeljs/core'
import type { Lease } from './load-balancers/lease.js'
import type { LoadBalancingStrategy, PickContext } from './load-balancers/strategy.js'

export interface PickerOptions {
  /** Default: the client's `loadBalancingStrategy`. */
  readonly strategy?: LoadBalancingStrategy | (string & {})
  readonly filter?: ServiceFilter
}

/**
 * Picks instances of one service without waiting: a watch keeps its instances current. Pickers of one client with the same service, filter
 * and strategy share their state.
 */
export interface InstancePicker {
  /** Whether the instances are known; before that, `acquire` finds none. */
  readonly ready: boolean
  /**
   * Resolves when the instances are known.
   *
   * @throws {DiscoveryError} `REGISTRY_UNAVAILABLE` or `REGISTRY_REFUSED` when the first listing fails; it is tried again in the
   * background, and `ready` turns `true` when it succeeds. `CLIENT_CLOSED` when the client is closed before.
   */
  whenReady(): Promise<void>
  /** `undefined` when no instance is UP, and after `close`. */
  acquire(context?: PickContext): Lease | undefined
  /** The instances that are UP: those that `acquire` picks from. */
  readonly instances: readonly ServiceInstance[]
  /** The last picker of a service ends its watch. Leases stay valid. */
  close(): void
}
