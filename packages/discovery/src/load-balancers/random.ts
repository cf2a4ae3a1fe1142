import type { Random } from '@hazeljs/core'
import { Dice } from './dice.js'
import { type BalancingStrategy, type Endpoint, type EndpointGroup, firstAllowed, isExcluded, type PickContext } from './strategy.js'

/** How often an excluded endpoint is answered with another draw before the search goes through them in order. */
export const maxDraws = 4

/** Each with the same probability, whatever was picked before. */
export class RandomChoice implements BalancingStrategy {
  readonly #dice: Dice
  #endpoints: readonly Endpoint[] = []

  constructor(random: Random) {
    this.#dice = new Dice(random)
  }

  update({ endpoints }: EndpointGroup): void {
    this.#endpoints = endpoints
  }

  choose(context: PickContext): Endpoint | undefined {
    const endpoints = this.#endpoints
    let place = 0
    for (let draw = 0; draw < maxDraws; draw++) {
      place = this.#dice.below(endpoints.length)
      const endpoint = endpoints[place]
      if (endpoint === undefined || !isExcluded(endpoint, context)) return endpoint
    }
    return firstAllowed(endpoints, place, context)
  }
}
