import type { FakeClock } from '@hazeljs/core/testing'
import type { CallContext, Policy } from '../../policy.js'
import { untilAborted } from '../latency.js'
import type { TestRunner } from './test-runner.js'

export interface PolicyContractOptions {
  /**
   * What becomes of a call's failure: `thrown`, the very same; `wrapped`, the `cause` of an error of the policy's, as when a retry gives
   * up; `answered`, a result in its place, as from a fallback. Default `thrown`.
   */
  readonly failures?: 'thrown' | 'wrapped' | 'answered' | undefined
  /** Within how many milliseconds a call that never ends is given up with a `TIMEOUT`. Default: the policy does not do that. */
  readonly timeoutMs?: number | undefined
}

/** What the parts of the contract are written with. */
export interface ContractParts extends Required<PolicyContractOptions> {
  readonly describe: TestRunner['describe']
  /** A test of a policy, and a clock, that are its own. */
  readonly test: (name: string, body: (policy: Policy<unknown>, clock: FakeClock) => Promise<void>) => void
}

/** A call that ends when it is called off, and not before. */
export function hangs({ cancellation }: CallContext): Promise<never> {
  return untilAborted(cancellation)
}
