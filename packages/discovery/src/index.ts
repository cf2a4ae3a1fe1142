export { ServiceStatus, type ServiceFilter, type ServiceInstance, type ServiceProtocol } from '@hazeljs/core'
export type { Outcome } from '@hazeljs/resilience'
export type {
  RegistryBackend,
  RegistryEvent,
  RegistryListener,
  RegistrySnapshot,
  Removal,
  RemovalReason,
  WatchFailure,
} from './backends/registry-backend.js'
export { defaultMemoryBackend, MemoryRegistryBackend, type MemoryBackendOptions } from './backends/memory/memory-registry-backend.js'
export { discoveryProblems, type BackendName, type DiscoveryClientConfig } from './config.js'
export { DiscoveryClient, type DiscoveryClientDependencies } from './discovery-client.js'
export { DiscoveryError, type DiscoveryErrorCode } from './errors.js'
export type { DiscoveryEvents, ServiceChange } from './events.js'
export type { InstancePicker, PickerOptions } from './instance-picker.js'
export type { Lease } from './load-balancers/lease.js'
export { LoadBalancer } from './load-balancers/load-balancer.js'
export { LoadBalancerCatalog, LoadBalancerFactory, type BalancerOptions } from './load-balancers/load-balancer-factory.js'
export type {
  BalancingStrategy,
  Endpoint,
  EndpointGroup,
  LoadBalancingStrategy,
  PickContext,
  StrategyContext,
  StrategyCreator,
} from './load-balancers/strategy.js'
export type { ServiceRegistryConfig } from './registration/config.js'
export { ServiceRegistry, type ServiceRegistryDependencies } from './registration/service-registry.js'
