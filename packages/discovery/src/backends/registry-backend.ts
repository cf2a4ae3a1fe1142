import type { ServiceFilter, ServiceInstance, ServiceStatus } from '@hazeljs/core'

/** Why an instance is gone: its owner or an operator took it out, or nobody renewed its lease. */
export type RemovalReason = 'deregistered' | 'expired'

export interface Removal {
  readonly id: string
  readonly reason: RemovalReason
}

/** The whole truth about a service after a change, never a difference. */
export interface RegistrySnapshot {
  readonly kind: 'snapshot'
  readonly instances: readonly ServiceInstance[]
  /** Who left since the last snapshot. A backend that cannot tell why says `expired`. */
  readonly removed: readonly Removal[]
}

/** The watch does not deliver for now. The backend keeps trying by itself; the next snapshot says that it is back. */
export interface WatchFailure {
  readonly kind: 'failure'
  readonly error: Error
}

export type RegistryEvent = RegistrySnapshot | WatchFailure

/** What it throws, or rejects with, hurts nobody. */
export type RegistryListener = (event: RegistryEvent) => unknown

/**
 * Where instances are registered. Every implementation passes `backendContract` of `@hazeljs/discovery/testing`.
 *
 * Instances handed out are frozen or the caller's own; a change is a new object.
 */
export interface RegistryBackend {
  /** How long a registration lives without a heartbeat, in milliseconds; `undefined` when it lives until it is taken out. */
  readonly ttlMs: number | undefined
  /** Adds the instance, or replaces the one with the same id. */
  register(instance: ServiceInstance): Promise<void>
  /** An unknown id is ignored. */
  deregister(id: string): Promise<void>
  /** Renews the lease and changes nothing else. `false`: unknown, register anew. */
  heartbeat(id: string): Promise<boolean>
  /** All instances whatever their status, unless the filter says otherwise; none for an unknown service. */
  getInstances(name: string, filter?: ServiceFilter): Promise<readonly ServiceInstance[]>
  getInstance(id: string): Promise<ServiceInstance | null>
  /** The names of the services that have an instance, sorted. */
  getAllServices(): Promise<readonly string[]>
  /** An unknown id is ignored. */
  updateStatus(id: string, status: ServiceStatus): Promise<void>
  /** Takes out what has expired, where the registry does not do so by itself. */
  cleanup(): Promise<void>
  /**
   * Tells `listener` the present state soon, but not before this returns, and then the whole state after each change. Heartbeats are no
   * change. Without it, clients ask again every `refreshInterval`.
   *
   * @returns stops the watch; nothing is told after it.
   */
  watch?(name: string, listener: RegistryListener): () => void
  /** Ends watches, timers and connections that this backend opened itself. */
  close?(): Promise<void>
}
