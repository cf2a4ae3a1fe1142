import type { Random, ServiceInstance } from '@hazeljs/core'
import { Dice } from './dice.js'
import { RoundRobin } from './round-robin.js'
import type { BalancingStrategy, Endpoint, EndpointGroup, PickContext } from './strategy.js'

/** A zone is trusted to carry this much more than the share of its instances that are UP [Envoy's overprovisioning factor]. */
export const overprovisioning = 1.4

/** How one zone sees the instances. */
interface ZoneView {
  readonly own: RoundRobin
  readonly others: RoundRobin
  /** The share of calls that stays in the zone, from 0 to 1. */
  share: number
}

/**
 * The caller's own zone first, in turns: all calls while at least 1/1.4, about 71 %, of the zone's instances are UP; below that, the zone's
 * share shrinks with them and the rest spills over to all others. A caller without a zone, or in a zone without instances, uses all.
 */
export class ZoneAware implements BalancingStrategy {
  readonly #random: Random
  readonly #dice: Dice
  readonly #zone: string | undefined
  readonly #everywhere: RoundRobin
  /** Only zones that have instances, so that it stays small whatever callers name. */
  readonly #views = new Map<string, ZoneView>()
  #group: EndpointGroup = { endpoints: [], joined: [], members: [], inFlight: 0 }
  #zones = new Set<string>()

  constructor(random: Random, zone: string | undefined) {
    this.#random = random
    this.#dice = new Dice(random)
    this.#zone = zone
    this.#everywhere = new RoundRobin(random)
  }

  update(group: EndpointGroup): void {
    this.#group = group
    this.#zones = zonesOf(group.members)
    this.#everywhere.update(group)
    for (const [zone, view] of this.#views) {
      if (this.#zones.has(zone)) this.#refresh(zone, view)
      else this.#views.delete(zone)
    }
  }

  choose(context: PickContext): Endpoint | undefined {
    const zone = context.zone ?? this.#zone
    const view = zone === undefined ? undefined : this.#viewOf(zone)
    if (view === undefined) return this.#everywhere.choose(context)
    const stays = view.share >= 1 || this.#dice.chance(view.share)
    return stays ? (view.own.choose(context) ?? view.others.choose(context)) : (view.others.choose(context) ?? view.own.choose(context))
  }

  #viewOf(zone: string): ZoneView | undefined {
    const known = this.#views.get(zone)
    if (known !== undefined || !this.#zones.has(zone)) return known
    const view: ZoneView = { own: new RoundRobin(this.#random), others: new RoundRobin(this.#random), share: 1 }
    this.#refresh(zone, view)
    this.#views.set(zone, view)
    return view
  }

  #refresh(zone: string, view: ZoneView): void {
    const { endpoints, members } = this.#group
    const own: Endpoint[] = []
    const others: Endpoint[] = []
    for (const endpoint of endpoints) (endpoint.instance.zone === zone ? own : others).push(endpoint)
    let total = 0
    for (const instance of members) if (instance.zone === zone) total++
    view.own.update({ endpoints: own })
    view.others.update({ endpoints: others })
    view.share = Math.min(1, (overprovisioning * own.length) / total)
  }
}

function zonesOf(members: readonly ServiceInstance[]): Set<string> {
  const zones = new Set<string>()
  let last: string | undefined
  for (const { zone } of members) {
    if (zone !== undefined && zone !== last) zones.add(zone)
    last = zone
  }
  return zones
}
