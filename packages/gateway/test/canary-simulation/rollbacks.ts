import { SeededRandom } from '@hazeljs/core/testing'
import type { RollbackRule } from './rollback-rules.js'
import { requestsOfRollout, type Scenario } from './scenarios.js'

export interface Rollbacks {
  /** From 0 to 1: how many of the rollouts were rolled back. */
  readonly share: number
  /** After how many requests of both arms they were, in the middle; `undefined` where none was. */
  readonly medianRequests: number | undefined
}

/** Simulates rollouts with one weight. Equal seeds give all rules the same traffic. */
export function rollbacks(scenario: Scenario, rule: (weight: number) => RollbackRule, rollouts: number, seed: number): Rollbacks {
  const after: number[] = []
  for (let rollout = 0; rollout < rollouts; rollout++) {
    const requests = requestsToRollback(scenario, rule(scenario.weight), streamOf(seed, rollout))
    if (requests !== undefined) after.push(requests)
  }
  after.sort((a, b) => a - b)
  return { share: after.length / rollouts, medianRequests: after[after.length >> 1] }
}

/** In how many rollouts two rules roll back upon the same request, or both do not. */
export function agreement(
  scenario: Scenario,
  rules: readonly [(weight: number) => RollbackRule, (weight: number) => RollbackRule],
  rollouts: number,
  seed: number,
): number {
  let agreed = 0
  for (let rollout = 0; rollout < rollouts; rollout++) {
    const [one, other] = rules.map((rule) => requestsToRollback(scenario, rule(scenario.weight), streamOf(seed, rollout)))
    if (one === other) agreed++
  }
  return agreed
}

/** The traffic of a rollout: its own for each, and the same for equal seeds. */
export function streamOf(seed: number, rollout: number): SeededRandom {
  return new SeededRandom(seed * 1_000_003 + rollout)
}

/** `undefined`: it was not rolled back. */
function requestsToRollback(scenario: Scenario, rule: RollbackRule, random: SeededRandom): number | undefined {
  const { meanwhile } = scenario
  const share = scenario.weight / 100
  for (let request = 1; request <= requestsOfRollout; request++) {
    const rates = meanwhile !== undefined && request > meanwhile.from && request <= meanwhile.to ? meanwhile : scenario
    // One draw says both: where on the line from 0 to 1 an arm's part begins, its errors do.
    const drawn = random.next()
    const isCanary = drawn < share
    const failed = isCanary ? drawn < share * rates.canary : drawn < share + (1 - share) * rates.stable
    if (rule.sees(isCanary ? 'canary' : 'stable', failed)) return request
  }
  return undefined
}
