import type { Clock, Random } from '@hazeljs/core'
import type { Outcome } from '@hazeljs/resilience'
import { type BalancingStrategy, type Endpoint, type EndpointGroup, firstAllowed, isExcluded, type PickContext } from './strategy.js'

/** A handicap falls to a third in this time: as long as a call that times out would have counted. */
export const handicapDecayMs = 10_000
/** Below this a handicap decides nothing and is forgotten. */
const negligible = 0.05

interface Handicap {
  readonly load: number
  readonly atMs: number
}

/**
 * The less loaded of two drawn at random, which spreads nearly as well as looking at all [Mitzenmacher, The Power of Two Choices] and
 * does not send everybody to the same one.
 *
 * Load is the leases outstanding and a handicap that fades: a newcomer starts with the median of the others instead of drawing every call
 * to itself, and a failure goes on to count as a call, or whoever fails fast would look idle [linkerd].
 */
export class LeastConnections implements BalancingStrategy {
  readonly #clock: Clock
  readonly #random: Random
  #endpoints: readonly Endpoint[] = []
  #handicaps = new Map<Endpoint, Handicap>()

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  update({ endpoints }: EndpointGroup): void {
    const before = new Set(this.#endpoints)
    const stayed = endpoints.filter((endpoint) => before.has(endpoint))
    const handicaps = new Map<Endpoint, Handicap>()
    for (const endpoint of stayed) {
      const handicap = this.#handicaps.get(endpoint)
      if (handicap !== undefined) handicaps.set(endpoint, handicap)
    }
    this.#handicaps = handicaps
    this.#endpoints = endpoints
    if (stayed.length === 0 || stayed.length === endpoints.length) return
    const median = medianInFlight(stayed)
    for (const endpoint of endpoints) if (!before.has(endpoint)) this.#burden(endpoint, median - endpoint.inFlight)
  }

  choose(context: PickContext): Endpoint | undefined {
    const endpoints = this.#endpoints
    if (endpoints.length < 2) return firstAllowed(endpoints, 0, context)
    const first = Math.floor(this.#random.next() * endpoints.length)
    const other = Math.floor(this.#random.next() * (endpoints.length - 1))
    const second = other < first ? other : other + 1
    const one = endpoints[first] as Endpoint
    const two = endpoints[second] as Endpoint
    if (context.exclude !== undefined) {
      if (isExcluded(one, context)) return isExcluded(two, context) ? firstAllowed(endpoints, first, context) : two
      if (isExcluded(two, context)) return one
    }
    // The order of the two is random, and with it who wins a tie.
    return this.#load(two) < this.#load(one) ? two : one
  }

  settled(endpoint: Endpoint, outcome: Outcome): void {
    if (outcome === 'failure') this.#burden(endpoint, 1)
  }

  #load(endpoint: Endpoint): number {
    return this.#handicaps.size === 0 ? endpoint.inFlight : endpoint.inFlight + this.#handicapOf(endpoint)
  }

  #handicapOf(endpoint: Endpoint): number {
    const handicap = this.#handicaps.get(endpoint)
    if (handicap === undefined) return 0
    const load = handicap.load * Math.exp((handicap.atMs - this.#clock.now()) / handicapDecayMs)
    if (load > negligible) return load
    this.#handicaps.delete(endpoint)
    return 0
  }

  #burden(endpoint: Endpoint, load: number): void {
    if (load > 0) this.#handicaps.set(endpoint, { load: this.#handicapOf(endpoint) + load, atMs: this.#clock.now() })
  }
}

function medianInFlight(endpoints: readonly Endpoint[]): number {
  const sorted = Uint32Array.from(endpoints, ({ inFlight }) => inFlight).sort()
  return sorted[Math.floor((sorted.length - 1) / 2)] as number
}
