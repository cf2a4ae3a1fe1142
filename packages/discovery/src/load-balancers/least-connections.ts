import type { Random } from '@hazeljs/core'
import type { Outcome } from '@hazeljs/resilience'
import { Dice } from './dice.js'
import { Handicaps } from './handicaps.js'
import type { LoadMeter } from './load-meter.js'
import { PeakLatencies } from './peak-latencies.js'
import {
  type BalancingStrategy,
  type Endpoint,
  type EndpointGroup,
  firstAllowed,
  isExcluded,
  type PickContext,
  type StrategyContext,
} from './strategy.js'

/** Up to this many instances are all compared: two drawn of three can leave one far behind. */
export const comparedWhole = 4

/**
 * The less loaded of two drawn at random, which spreads nearly as well as looking at all [Mitzenmacher, The Power of Two Choices] and
 * does not send everybody to the same one; of a few, the least loaded. Ties are broken at random.
 */
export class LeastConnections implements BalancingStrategy {
  readonly timed: boolean
  readonly #meter: LoadMeter
  readonly #dice: Dice
  #endpoints: readonly Endpoint[] = []

  constructor(meter: LoadMeter, random: Random) {
    this.timed = meter.timed
    this.#meter = meter
    this.#dice = new Dice(random)
  }

  update(group: EndpointGroup): void {
    this.#endpoints = group.endpoints
    this.#meter.update(group)
  }

  choose(context: PickContext, nowMs: number): Endpoint | undefined {
    return this.#endpoints.length > comparedWhole ? this.#lesserOfTwo(context, nowMs) : this.#leastOfAll(context, nowMs)
  }

  settled(endpoint: Endpoint, outcome: Outcome, latencyMs: number, nowMs: number): void {
    this.#meter.settled(endpoint, outcome, latencyMs, nowMs)
  }

  #lesserOfTwo(context: PickContext, nowMs: number): Endpoint | undefined {
    const endpoints = this.#endpoints
    const first = this.#dice.below(endpoints.length)
    const other = this.#dice.below(endpoints.length - 1)
    const second = other < first ? other : other + 1
    const one = endpoints[first] as Endpoint
    const two = endpoints[second] as Endpoint
    if (context.exclude !== undefined) {
      if (isExcluded(one, context)) return isExcluded(two, context) ? firstAllowed(endpoints, first, context) : two
      if (isExcluded(two, context)) return one
    }
    // The order of the two is random, and with it who wins a tie.
    return this.#meter.compare(two, one, nowMs) < 0 ? two : one
  }

  #leastOfAll(context: PickContext, nowMs: number): Endpoint | undefined {
    let least: Endpoint | undefined
    let ties = 1
    for (const endpoint of this.#endpoints) {
      if (isExcluded(endpoint, context)) continue
      const order = least === undefined ? -1 : this.#meter.compare(endpoint, least, nowMs)
      if (order > 0) continue
      ties = order < 0 ? 1 : ties + 1
      // The k-th of equals takes over with the probability 1/k, so that each is as likely in the end.
      if (ties === 1 || this.#dice.below(ties) === 0) least = endpoint
    }
    return least
  }
}

export function leastConnections({ clock, random, leastConnections: { latency, decayMs } }: StrategyContext): LeastConnections {
  return new LeastConnections(latency === 'peak-ewma' ? new PeakLatencies(clock, decayMs) : new Handicaps(clock), random)
}
