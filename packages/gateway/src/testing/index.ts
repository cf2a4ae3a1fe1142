export { canaryStoreContract } from './canary-store-contract.js'
export type { CanaryStoreHarness } from './canary-store-harness.js'
export type { TestRunner } from './test-runner.js'
