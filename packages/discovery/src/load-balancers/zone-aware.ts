import type { Random } from '@hazeljs/core'
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
  readonly #zone: string | undefined
  readonly #everywhere: RoundRobin
  /** Only zones that have instances, so that it stays small whatever callers name. */
  readonly #views = new Map<string, ZoneView>()
  #group: EndpointGroup = { endpoints: [], members: [], inFlight: 0 }
  #zones = new Set<string>()

  constructor(random: Random, zone: string | undefined) {
    this.#random = random
    this.#zone = zone
    this.#everywhere = new RoundRobin(random)
  }

  update(group: EndpointGroup): void {
    this.#group = group
    this.#zones = new Set(group.members.map(({ zone }) => zone).filter((zone) => zone !== undefined))
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
    const stays = view.share >= 1 || this.#random.next() < view.share
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
    const own = endpoints.filter(({ instance }) => instance.zone === zone)
    const total = members.reduce((count, instance) => (instance.zone === zone ? count + 1 : count), 0)
    view.own.update({ endpoints: own })
    view.others.update({ endpoints: endpoints.filter(({ instance }) => instance.zone !== zone) })
    view.share = Math.min(1, (overprovisioning * own.length) / total)
  }
}
