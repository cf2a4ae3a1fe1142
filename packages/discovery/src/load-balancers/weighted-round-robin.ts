import type { Random } from '@hazeljs/core'
import { type BalancingStrategy, type Endpoint, type EndpointGroup, firstAllowed, isExcluded, type PickContext } from './strategy.js'
import { weightOf, wholeWeights } from './weight.js'
import { type WeightedTurns, weightedTurns } from './weighted-turns.js'

/** How many turns of excluded instances are passed over before the next best instance is taken. */
export const maxPassedTurns = 64

/**
 * Each as often as its `metadata.weight` says, smoothly mixed, from a random place in the order. Weight 0 gets nothing, unless all are 0.
 */
export class WeightedRoundRobin implements BalancingStrategy {
  readonly #random: Random
  #endpoints: readonly Endpoint[] = []
  #weights: readonly number[] = []
  /** Those of a weight above 0, which the turns count. */
  #served: readonly Endpoint[] = []
  #turns: WeightedTurns | undefined

  constructor(random: Random) {
    this.#random = random
  }

  /** The order is made anew only when an instance came, left or changed its weight. */
  update(group: EndpointGroup): void {
    const endpoints = group.endpoints
    const weights = endpoints.map(({ instance }) => weightOf(instance))
    const same = equal(endpoints, this.#endpoints) && equal(weights, this.#weights)
    this.#endpoints = endpoints
    if (same || endpoints.length === 0) return
    this.#weights = weights
    const shares = wholeWeights(weights)
    this.#served = endpoints.filter((_, index) => shares[index] !== 0)
    this.#turns = weightedTurns(
      shares.filter((share) => share !== 0),
      this.#turns?.phase ?? this.#random.next(),
    )
  }

  choose(context: PickContext): Endpoint | undefined {
    const endpoints = this.#served
    const turns = this.#turns
    if (turns === undefined || this.#endpoints.length === 0) return undefined
    let index = 0
    for (let turn = 0; turn < maxPassedTurns; turn++) {
      index = turns.next()
      const endpoint = endpoints[index] as Endpoint
      if (!isExcluded(endpoint, context)) return endpoint
    }
    return firstAllowed(endpoints, index, context)
  }
}

function equal<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}
