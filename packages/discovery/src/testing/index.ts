export { backendContract, type BackendHarness } from './backend-contract.js'
export { balancerContract } from './balancer-contract.js'
export type { TestRunner } from './contract.js'
export { sampleInstance } from './sample-instance.js'
