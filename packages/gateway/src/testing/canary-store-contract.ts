import { canaryStoreTest, type CanaryStoreHarness } from './canary-store-harness.js'
import { leaseContract } from './lease-contract.js'
import { rolloutContract } from './rollout-contract.js'
import { rolloutWatchContract } from './rollout-watch-contract.js'
import { tallyContract } from './tally-contract.js'
import type { TestRunner } from './test-runner.js'

/** What every `CanaryStore` has to do. `open` is called for each test. */
export function canaryStoreContract(runner: TestRunner, open: () => CanaryStoreHarness | Promise<CanaryStoreHarness>): void {
  const test = canaryStoreTest(runner, open)
  runner.describe('rollouts', () => rolloutContract(test))
  runner.describe('tallies', () => tallyContract(test))
  runner.describe('the lease', () => leaseContract(test))
  runner.describe('watches', () => rolloutWatchContract(test))
}
