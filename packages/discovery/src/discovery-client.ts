import type { Clock, Logger, Random, ServiceFilter, ServiceInstance } from '@hazeljs/core'
import type { RegistryBackend } from './backends/registry-backend.js'
import type { DiscoveryClientConfig } from './config.js'
import type { DiscoveryEvents } from './events.js'
import type { InstancePicker, PickerOptions } from './instance-picker.js'
import type { LoadBalancerCatalog } from './load-balancers/load-balancer-factory.js'
import type { Lease } from './load-balancers/lease.js'
import type { LoadBalancingStrategy, PickContext } from './load-balancers/strategy.js'

export interface DiscoveryClientDependencies {
  readonly clock?: Clock
  readonly random?: Random
  readonly logger?: Logger
  /** Default: `LoadBalancerFactory`. */
  readonly loadBalancers?: LoadBalancerCatalog
}

export declare class DiscoveryClient {
  constructor(config?: DiscoveryClientConfig, backend?: RegistryBackend, dependencies?: DiscoveryClientDependencies)
  getInstance(
    name: string,
    strategy?: LoadBalancingStrategy | (string & {}),
    filter?: ServiceFilter,
    context?: PickContext,
  ): Promise<ServiceInstance | null>
  getInstances(name: string, filter?: ServiceFilter): Promise<ServiceInstance[]>
  getAllServices(): Promise<string[]>
  acquire(
    name: string,
    strategy?: LoadBalancingStrategy | (string & {}),
    filter?: ServiceFilter,
    context?: PickContext,
  ): Promise<Lease | null>
  picker(name: string, options?: PickerOptions): InstancePicker
  on<K extends keyof DiscoveryEvents>(event: K, listener: (payload: DiscoveryEvents[K]) => unknown): this
  off<K extends keyof DiscoveryEvents>(event: K, listener: (payload: DiscoveryEvents[K]) => unknown): this
  clearCache(): void
  close(): Promise<void>
}
