import type { Random } from '@hazeljs/core'
import { type BalancingStrategy, type Endpoint, type EndpointGroup, isExcluded, type PickContext } from './strategy.js'

/** One after the other, from a random start: clients that start together do not all begin with the same instance. */
export class RoundRobin implements BalancingStrategy {
  readonly #random: Random
  #endpoints: readonly Endpoint[] = []
  #next = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** Goes on with the endpoint that was next, or, when that one left, with the first after it that stayed. */
  update({ endpoints }: Pick<EndpointGroup, 'endpoints'>): void {
    if (endpoints.length > 0) {
      const due = this.#firstThatStays(endpoints)
      this.#next = due === undefined ? Math.floor(this.#random.next() * endpoints.length) : endpoints.indexOf(due)
    }
    this.#endpoints = endpoints
  }

  choose(context: PickContext): Endpoint | undefined {
    const endpoints = this.#endpoints
    let place = this.#next
    for (let left = endpoints.length; left > 0; left--) {
      const endpoint = endpoints[place] as Endpoint
      place = place + 1 === endpoints.length ? 0 : place + 1
      if (isExcluded(endpoint, context)) continue
      this.#next = place
      return endpoint
    }
    return undefined
  }

  #firstThatStays(endpoints: readonly Endpoint[]): Endpoint | undefined {
    const due = this.#endpoints[this.#next]
    if (due === undefined || endpoints.includes(due)) return due
    const staying = new Set(endpoints)
    const fromDue = [...this.#endpoints.slice(this.#next), ...this.#endpoints.slice(0, this.#next)]
    return fromDue.find((endpoint) => staying.has(endpoint))
  }
}
