export { backendContract } from './backend-contract.js'
export type { BackendHarness, ReadOnlyBackendHarness } from './backend-harness.js'
export { balancerContract } from './balancer-contract.js'
export type { TestRunner } from './contract.js'
export { readOnlyBackendContract } from './read-only-backend-contract.js'
export { sampleInstance } from './sample-instance.js'
export type { ApiVerb } from './kubernetes/access.js'
export type { ApiFault } from './kubernetes/api-fault.js'
export type { ApiRequest } from './kubernetes/api-request.js'
export type { KubeConfigOptions } from './kubernetes/kube-config.js'
export {
  KubernetesApiServer,
  type KubernetesApiServerDependencies,
  type KubernetesApiServerOptions,
  type KubernetesApiServerTls,
} from './kubernetes/kubernetes-api-server.js'
export type { StoredSlice } from './kubernetes/slice-store.js'
export type {
  AddressType,
  EndpointConditions,
  EndpointSlice,
  SliceEndpoint,
  SliceMetadata,
  SlicePort,
} from '../backends/kubernetes/endpoint-slice.js'
