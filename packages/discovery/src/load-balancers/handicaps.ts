import type { Clock } from '@hazeljs/core'
import type { Outcome } from '@hazeljs/resilience'
import { type LoadMeter, median } from './load-meter.js'
import type { Endpoint, EndpointGroup } from './strategy.js'

/** A handicap falls to a third in this time: as long as a call that times out would have counted. */
export const handicapDecayMs = 10_000
/** Below this a handicap decides nothing and is forgotten. */
const negligible = 0.05

interface Handicap {
  readonly load: number
  readonly atMs: number
}

/**
 * Leases outstanding and a handicap that fades: a newcomer starts with the median of the others instead of drawing every call to itself, and
 * a failure goes on to count as a call, or whoever fails fast would look idle [linkerd].
 */
export class Handicaps implements LoadMeter {
  readonly timed = false
  readonly #clock: Clock
  readonly #handicaps = new Map<Endpoint, Handicap>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  update({ endpoints, joined }: EndpointGroup): void {
    for (const endpoint of this.#handicaps.keys()) this.#handicapOf(endpoint)
    if (joined.length === 0 || joined.length === endpoints.length) return
    const newcomers = new Set(joined)
    const start = median(
      Float64Array.from(
        endpoints.filter((endpoint) => !newcomers.has(endpoint)),
        ({ inFlight }) => inFlight,
      ),
    )
    for (const endpoint of joined) this.#burden(endpoint, start - endpoint.inFlight)
  }

  compare(one: Endpoint, other: Endpoint): number {
    const lead = one.inFlight - other.inFlight
    if (this.#handicaps.size === 0) return lead
    const difference = lead + this.#handicapOf(one) - this.#handicapOf(other)
    return difference < 0 ? -1 : difference > 0 ? 1 : 0
  }

  settled(endpoint: Endpoint, outcome: Outcome): void {
    if (outcome === 'failure') this.#burden(endpoint, 1)
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
