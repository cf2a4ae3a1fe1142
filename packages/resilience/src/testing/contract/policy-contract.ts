import { FakeClock } from '@hazeljs/core/testing'
import type { Policy } from '../../policy.js'
import { callerContract } from './callers.js'
import type { ContractParts, PolicyContractOptions } from './contract-parts.js'
import { leftoverContract } from './leftovers.js'
import { outcomeContract } from './outcomes.js'
import type { TestRunner } from './test-runner.js'

/**
 * What every {@link Policy} has to do. `make` is called for each test, with a clock that the test moves on. Make a policy that lets 100
 * calls run at once and 300 in all, and that puts up with a failure or two.
 */
export function policyContract(
  { describe, it }: TestRunner,
  make: (clock: FakeClock) => Policy<unknown>,
  { failures = 'thrown', timeoutMs }: PolicyContractOptions = {},
): void {
  const test: ContractParts['test'] = (name, body) =>
    it(name, () => {
      const clock = new FakeClock()
      return body(make(clock), clock)
    })
  const parts: ContractParts = { describe, test, failures, timeoutMs }
  outcomeContract(parts)
  callerContract(parts)
  leftoverContract(parts)
}
