import type { Random } from '@hazeljs/core'
import { hash32, mix32 } from './hash.js'
import { maglevTable } from './maglev-table.js'
import { type BalancingStrategy, type Endpoint, type EndpointGroup, firstAllowed, isExcluded, type PickContext } from './strategy.js'

/** No instance gets more than this multiple of the mean load while another has less. */
export const loadBound = 1.25
/** So few calls at once are no load worth breaking a client's affinity for: a browser alone opens six connections. */
export const unboundedCalls = 8
/** Places tried, in an order that depends on the key, before the search goes through all instances. */
const maxProbes = 16
const probeStep = 0x9e3779b9

/**
 * The same instance for the same `key`, on every process that sees the same instances; a change of membership moves few other keys. Where
 * that instance has {@link loadBound} times the mean load, or is excluded, the key's next choices take over [Mirrokni et al., Consistent
 * Hashing with Bounded Loads; random jumps as in arXiv 1908.08762]. A call without a key goes anywhere.
 */
export class IpHash implements BalancingStrategy {
  readonly #random: Random
  #group: EndpointGroup = { endpoints: [], members: [], inFlight: 0 }
  /** Ordered by id, so that the order in the group does not matter. */
  #endpoints: readonly Endpoint[] = []
  #ids: readonly string[] = []
  #table: Uint32Array = new Uint32Array()

  constructor(random: Random) {
    this.#random = random
  }

  /** The table is built anew only when the membership changed. */
  update(group: EndpointGroup): void {
    this.#group = group
    this.#endpoints = [...group.endpoints].sort((a, b) => (a.instance.id < b.instance.id ? -1 : 1))
    const ids = this.#endpoints.map(({ instance }) => instance.id)
    if (ids.length === this.#ids.length && ids.every((id, index) => id === this.#ids[index])) return
    this.#ids = ids
    this.#table = ids.length === 0 ? new Uint32Array() : maglevTable(ids)
  }

  choose(context: PickContext): Endpoint | undefined {
    const endpoints = this.#endpoints
    if (endpoints.length === 0) return undefined
    const hash = context.key === undefined ? Math.floor(this.#random.next() * 0x100000000) : hash32(context.key)
    const bound = Math.max(unboundedCalls, Math.ceil((loadBound * (this.#group.inFlight + 1)) / endpoints.length))
    let place = hash
    for (let probe = 0; probe < maxProbes; probe++) {
      const endpoint = endpoints[this.#table[place % this.#table.length] as number] as Endpoint
      if (endpoint.inFlight < bound && !isExcluded(endpoint, context)) return endpoint
      place = mix32(place + probeStep)
    }
    return firstBelow(endpoints, hash % endpoints.length, bound, context) ?? firstAllowed(endpoints, hash % endpoints.length, context)
  }
}

function firstBelow(endpoints: readonly Endpoint[], start: number, bound: number, context: PickContext): Endpoint | undefined {
  for (let step = 0; step < endpoints.length; step++) {
    const endpoint = endpoints[(start + step) % endpoints.length] as Endpoint
    if (endpoint.inFlight < bound && !isExcluded(endpoint, context)) return endpoint
  }
  return undefined
}
