import type { BackendHarness } from './backend-harness.js'
import type { TestRunner } from './contract.js'
import { contractTest } from './contract-test.js'
import { leaseContract } from './lease-contract.js'
import { namingContract } from './naming-contract.js'
import { registrationContract } from './registration-contract.js'
import { watchContract } from './watch-contract.js'

/**
 * What every {@link RegistryBackend} that takes registrations has to do. `open` is called for each test.
 *
 * The leases' part needs a ttl that the harness can wait for, and is left out where `ttlMs` is `undefined`.
 */
export function backendContract(runner: TestRunner, open: () => BackendHarness | Promise<BackendHarness>): void {
  const test = contractTest(runner, open)
  runner.describe('registrations', () => registrationContract(test))
  runner.describe('names and texts', () => namingContract(test))
  runner.describe('leases', () => leaseContract(test))
  runner.describe('watches', () => watchContract(test))
}
