import type { Random } from '@hazeljs/core'
import { type BalancingStrategy, type Endpoint, type EndpointGroup, isExcluded, type PickContext } from './strategy.js'

/** One after the other, from a random start: clients that start together do not all begin with the same instance. */
export class RoundRobin implements BalancingStrategy {
  readonly #random: Random
  #endpoints: readonly Endpoint[] = []
  #next: number | undefined

  constructor(random: Random) {
    this.#random = random
  }

  /** Goes on with the endpoint that was next, or, when that one left, with the one in its place. */
  update({ endpoints }: Pick<EndpointGroup, 'endpoints'>): void {
    if (endpoints.length > 0) {
      const due = this.#next === undefined ? undefined : this.#endpoints[this.#next]
      const place = due === undefined ? -1 : endpoints.indexOf(due)
      this.#next = place !== -1 ? place : (this.#next ?? Math.floor(this.#random.next() * endpoints.length)) % endpoints.length
    }
    this.#endpoints = endpoints
  }

  choose(context: PickContext): Endpoint | undefined {
    const endpoints = this.#endpoints
    let place = this.#next ?? 0
    for (let step = 0; step < endpoints.length; step++) {
      const endpoint = endpoints[place] as Endpoint
      place = place + 1 === endpoints.length ? 0 : place + 1
      if (isExcluded(endpoint, context)) continue
      this.#next = place
      return endpoint
    }
    return undefined
  }
}
