import type { ServiceInstance } from '@hazeljs/core'
import type { Ejection, Readmission } from './health/outlier/ejection.js'

/** What a client tells about the services in use. */
export interface DiscoveryEvents {
  /**
   * Instances came, left or changed. One that keeps its id and changes its address is in `removed` as it was and in `added` as it is, so
   * connections to everything in `removed` can be dropped.
   */
  change: ServiceChange
  /** The registry does not answer; what was known last stays in service. */
  stale: { readonly service: string; readonly error: Error }
  /** Calls to an instance failed, and it gets no traffic for a while. */
  ejected: Ejection & { readonly service: string }
  readmitted: Readmission & { readonly service: string }
  /** A check of this client found an instance ill: it gets no calls. Told when the verdict changes, and of the first check. */
  unhealthy: { readonly service: string; readonly instance: ServiceInstance; readonly error: Error }
  /** A check of this client found an instance well that was not, or was not known. */
  healthy: { readonly service: string; readonly instance: ServiceInstance }
}

export interface ServiceChange {
  readonly service: string
  readonly added: readonly ServiceInstance[]
  readonly removed: readonly ServiceInstance[]
  /** All that are known now, whatever their status. */
  readonly instances: readonly ServiceInstance[]
}
