import { hash32, mix32, type Clock, type Random, type ServiceInstance } from '@hazeljs/core'
import { Dice } from './dice.js'
import { type BalancingStrategy, type Endpoint, type EndpointGroup, firstAllowed, isExcluded, type PickContext } from './strategy.js'
import { TableKeeper } from './table-keeper.js'

/** No instance gets more than this multiple of the mean load while another has less. */
export const loadBound = 1.25
/** So few calls at once are no load worth breaking a client's affinity for: a browser alone opens six connections. */
export const unboundedCalls = 8
/** Places tried, in an order that depends on the key, before the search goes through all instances. */
const maxProbes = 64
const probeStep = 0x9e3779b9

/**
 * The same instance for the same `key`, on every process that sees the same instances; a change of membership moves few other keys. Where
 * that instance is not UP, is ejected or excluded, or has {@link loadBound} times the mean load, the key's next choices take over [Mirrokni et
 * al., Consistent Hashing with Bounded Loads; random jumps as in arXiv 1908.08762]. A call without a key goes anywhere.
 *
 * The table is of all members, whatever their status, and made anew only when one comes or goes. With more than 655 members that is done in
 * slices: for about a tenth of a second keys of those that left are with their next choices, and newcomers get no keys.
 */
export class IpHash implements BalancingStrategy {
  readonly sticky = true
  readonly #dice: Dice
  readonly #keeper: TableKeeper
  #group: EndpointGroup = { endpoints: [], joined: [], members: [], inFlight: 0 }
  #members: readonly ServiceInstance[] = []
  /** The members' ids in the order of ids, so that the order in the group does not matter; and where each member's stands. */
  #ids: readonly string[] = []
  #places: Uint32Array | undefined
  /** Who can be picked, by the indexes that the table holds. */
  #byIndex: readonly (Endpoint | undefined)[] = []

  constructor(clock: Clock, random: Random) {
    this.#dice = new Dice(random)
    this.#keeper = new TableKeeper(clock, () => this.#align())
  }

  update(group: EndpointGroup): void {
    const members = group.members
    this.#group = group
    if (!haveSameIds(members, this.#members)) {
      this.#order(members)
      this.#keeper.want(this.#ids)
    }
    this.#members = members
    this.#align()
  }

  choose(context: PickContext): Endpoint | undefined {
    const { endpoints, inFlight } = this.#group
    if (endpoints.length === 0) return undefined
    const bound = Math.max(unboundedCalls, Math.ceil((loadBound * (inFlight + 1)) / endpoints.length))
    if (context.key === undefined) return firstBelow(endpoints, this.#dice.below(endpoints.length), bound, context)
    const hash = hash32(context.key)
    const table = this.#keeper.table
    let place = hash
    for (let probe = 0; probe < maxProbes; probe++) {
      const endpoint = this.#byIndex[table[(place >>> 0) % table.length] as number]
      if (endpoint !== undefined && endpoint.inFlight < bound && !isExcluded(endpoint, context)) return endpoint
      place = mix32((place + probeStep) | 0)
    }
    return firstBelow(endpoints, (hash >>> 0) % endpoints.length, bound, context)
  }

  #order(members: readonly ServiceInstance[]): void {
    const ids = members.map(({ id }) => id)
    this.#places = undefined
    this.#ids = ids
    if (isSorted(ids)) return
    const order = [...ids.keys()].sort((a, b) => ((ids[a] as string) < (ids[b] as string) ? -1 : 1))
    this.#ids = order.map((index) => ids[index] as string)
    this.#places = new Uint32Array(ids.length)
    for (let place = 0; place < order.length; place++) this.#places[order[place] as number] = place
  }

  /** Finds each endpoint's index in the table, which may still be of other ids. */
  #align(): void {
    const { endpoints } = this.#group
    const members = this.#members
    const places = this.#places
    const present = new Array<Endpoint | undefined>(members.length).fill(undefined)
    let next = 0
    for (let index = 0; index < members.length && next < endpoints.length; index++) {
      const endpoint = endpoints[next] as Endpoint
      if (endpoint.instance !== members[index]) continue
      present[places === undefined ? index : (places[index] as number)] = endpoint
      next++
    }
    this.#byIndex = this.#keeper.ids === this.#ids ? present : carryOver(present, this.#ids, this.#keeper.ids)
  }
}

/** `present` goes by `ids`; the result goes by `tableIds`. Both are sorted. */
function carryOver(present: readonly (Endpoint | undefined)[], ids: readonly string[], tableIds: readonly string[]) {
  const carried = new Array<Endpoint | undefined>(tableIds.length).fill(undefined)
  let index = 0
  for (let place = 0; place < tableIds.length; place++) {
    const id = tableIds[place] as string
    while (index < ids.length && (ids[index] as string) < id) index++
    if (ids[index] === id) carried[place] = present[index]
  }
  return carried
}

function haveSameIds(a: readonly ServiceInstance[], b: readonly ServiceInstance[]): boolean {
  return a.length === b.length && a.every((instance, index) => instance === b[index] || instance.id === b[index]?.id)
}

function isSorted(ids: readonly string[]): boolean {
  for (let index = 1; index < ids.length; index++) if ((ids[index - 1] as string) > (ids[index] as string)) return false
  return true
}

/** From `start` on, going round once; where all are loaded or excluded, the first that is not excluded. */
function firstBelow(endpoints: readonly Endpoint[], start: number, bound: number, context: PickContext): Endpoint | undefined {
  for (let step = 0; step < endpoints.length; step++) {
    const endpoint = endpoints[(start + step) % endpoints.length] as Endpoint
    if (endpoint.inFlight < bound && !isExcluded(endpoint, context)) return endpoint
  }
  return firstAllowed(endpoints, start, context)
}
