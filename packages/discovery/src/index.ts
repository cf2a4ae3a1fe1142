export { ServiceStatus, type ServiceFilter, type ServiceInstance, type ServiceProtocol, type ShutdownSignal } from '@hazeljs/core'
export type { Outcome } from '@hazeljs/resilience'
export type { BackendDependencies } from './backends/backend-dependencies.js'
export type {
  RegistryBackend,
  RegistryEvent,
  RegistryListener,
  RegistrySnapshot,
  Removal,
  RemovalReason,
  WatchFailure,
} from './backends/registry-backend.js'
export { ConsulRegistryBackend } from './backends/consul/consul-registry-backend.js'
export type { ConsulBackendOptions } from './backends/consul/consul-options.js'
export type { ConsulClient } from './backends/consul/consul-client.js'
export { EtcdRegistryBackend } from './backends/etcd/etcd-registry-backend.js'
export type { EtcdBackendOptions, EtcdTlsOptions } from './backends/etcd/etcd-options.js'
export type { KubernetesConfig } from './backends/kubernetes/kubernetes-config.js'
export type { KubernetesBackendOptions } from './backends/kubernetes/kubernetes-options.js'
export { KubernetesRegistryBackend } from './backends/kubernetes/kubernetes-registry-backend.js'
export { defaultMemoryBackend, MemoryRegistryBackend, type MemoryBackendOptions } from './backends/memory/memory-registry-backend.js'
export type { RedisBackendOptions } from './backends/redis/options.js'
export type { RedisClient, RedisSubscriber } from './backends/redis/redis-client.js'
export { RedisRegistryBackend } from './backends/redis/redis-registry-backend.js'
export { DnsRegistryBackend } from './backends/dns/dns-registry-backend.js'
export type { DnsBackendOptions, DnsQuery } from './backends/dns/options.js'
export { StaticRegistryBackend } from './backends/static/static-registry-backend.js'
export type { StaticInstance, StaticServices } from './backends/static/static-services.js'
export type { BackendChoice, BackendConfigs, BackendName, StaticBackendConfig } from './backends/by-name/backend-config.js'
export type { ConsulBackendConfig } from './backends/by-name/consul-by-name.js'
export { createRegistryBackend } from './backends/by-name/create-registry-backend.js'
export type { KubernetesBackendConfig } from './backends/by-name/kubernetes-by-name.js'
export type { RedisBackendConfig, RedisNode } from './backends/by-name/redis-by-name.js'
export type { BackendTlsConfig } from './backends/by-name/tls-config.js'
export { discoveryProblems, type DiscoveryClientConfig, type DiscoveryClientOptions, type ServiceOptions } from './config.js'
export { DiscoveryClient, type DiscoveryClientDependencies } from './discovery-client.js'
export { DiscoveryError, type DiscoveryErrorCode } from './errors.js'
export type { DiscoveryEvents, ServiceChange } from './events.js'
export type { InstancePicker, PickerOptions } from './instance-picker.js'
export type { CallerCheckOptions } from './health/active/caller-checks.js'
export type { CheckTls } from './health/active/http-check.js'
export type { CheckConnection, CheckConnector } from './health/active/instance-check.js'
export type { Ejection, EjectionReason, Readmission, ReadmissionReason } from './health/outlier/ejection.js'
export type { HostHealth, HostRecord } from './health/outlier/host-health.js'
export type { OutlierOptions, ProbeOptions } from './health/outlier/options.js'
export type {
  BalancingOptions,
  LeastConnectionsOptions,
  ResolvedBalancing,
  ResolvedLeastConnections,
  ResolvedSlowStart,
  ResolvedSubsetting,
  SlowStartOptions,
  SubsettingOptions,
} from './load-balancers/balancing-options.js'
export type { Lease } from './load-balancers/lease.js'
export { LoadBalancer, type LoadBalancerParts } from './load-balancers/load-balancer.js'
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
export type { CheckConfig, HealthCheckType } from './registration/check.js'
export type { ServiceRegistryConfig, ServiceRegistryOptions } from './registration/config.js'
export type { RegistrationEvents, StatusChange } from './registration/events.js'
export { ServiceRegistry, type ServiceRegistryDependencies, type ShutdownOptions } from './registration/service-registry.js'
export { type RetryTuning, type ServiceClientOptions, serviceClientProblems, type ServiceTlsOptions } from './service-client/options.js'
export type { RequestOptions, RequestWithBody } from './service-client/request.js'
export type { RequestHeaders } from './service-client/request-headers.js'
export type { Query, QueryValue } from './service-client/request-target.js'
export { ServiceClient, type ServiceClientDependencies } from './service-client/service-client.js'
export { ServiceError, type ServiceErrorCode, type ServiceErrorDetails } from './service-client/service-error.js'
export type { ResponseHeaders, ServiceResponse, StreamedResponse } from './service-client/service-response.js'
export type { ServiceDiscovery } from './service-client/service-target.js'
export { defaultDiscovery, DiscoveryScope } from './decorators/discovery-scope.js'
export {
  closeServiceClients,
  InjectServiceClient,
  type InjectServiceClientDecorator,
  type InjectServiceClientOptions,
} from './decorators/inject-service-client.js'
export type { LifecycleHooks } from './decorators/owner-lifecycle.js'
export { RegisterService, type RegisterServiceDecorator, registrationOf } from './decorators/register-service.js'
