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
      const next = this.#placeOfNext(endpoints)
      this.#next = next === -1 ? Math.floor(this.#random.next() * endpoints.length) : next
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

  #placeOfNext(endpoints: readonly Endpoint[]): number {
    const due = this.#endpoints[this.#next]
    if (due === undefined) return -1
    const place = endpoints.indexOf(due)
    if (place !== -1) return place
    const staying = new Set(endpoints)
    const fromDue = [...this.#endpoints.slice(this.#next), ...this.#endpoints.slice(0, this.#next)]
    const heir = fromDue.find((endpoint) => staying.has(endpoint))
    return heir === undefined ? -1 : endpoints.indexOf(heir)
  }
}
