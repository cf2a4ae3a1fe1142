import { type ServiceInstance, ServiceStatus } from '@hazeljs/core'
import type { HostHealth } from '../health/outlier/host-health.js'
import { CountedEndpoint } from './counted-endpoint.js'

/** The endpoints of all members, whatever their status. What is before the first change and after the last costs no more than to copy it. */
export class Membership {
  /** One for each id, in the order of the members. */
  endpoints: readonly CountedEndpoint[] = []
  readonly #hostHealth: HostHealth | undefined
  /** By id: the members, and those that left with leases outstanding, so that they find their count when they return. */
  readonly #known = new Map<string, CountedEndpoint>()
  readonly #leaving = new Set<CountedEndpoint>()
  #members: readonly ServiceInstance[] = []
  #round = 0

  constructor(hostHealth: HostHealth | undefined) {
    this.#hostHealth = hostHealth
  }

  /**
   * @param members a list that nobody changes any more
   * @param nowMs what those that are UP now and were not before, or are another process, count as newcomers from
   */
  update(members: readonly ServiceInstance[], nowMs: number): void {
    const before = this.endpoints
    const { head, tail } = sameEnds(before.length === this.#members.length ? this.#members : [], members)
    const tailBefore = before.length - tail
    const round = ++this.#round
    const endpoints = before.slice(0, head)
    let from = head
    let stayed = 0
    for (let index = head; index < members.length - tail; index++) {
      const instance = members[index] as ServiceInstance
      const expected = from < tailBefore ? before[from] : undefined
      const endpoint = expected?.instance.id === instance.id ? expected : (this.#known.get(instance.id) ?? this.#admit(instance))
      const stays = before[endpoint.place] === endpoint
      const isDouble = endpoint.round === round || (stays && (endpoint.place < head || endpoint.place >= tailBefore))
      if (isDouble) continue
      if (stays) {
        from = endpoint.place + 1
        stayed++
      }
      endpoint.round = round
      endpoint.place = endpoints.length
      endpoints.push(endpoint)
      if (!stays || endpoint.instance !== instance) this.#change(endpoint, instance, nowMs)
    }
    if (stayed < tailBefore - head)
      for (const endpoint of before.slice(head, tailBefore)) if (endpoint.round !== round) this.#part(endpoint)
    const moved = endpoints.length !== tailBefore
    for (let place = tailBefore; place < before.length; place++) {
      const endpoint = before[place] as CountedEndpoint
      if (moved) endpoint.place = endpoints.length
      endpoints.push(endpoint)
    }
    this.endpoints = endpoints
    this.#members = members
    this.#forgetDrained(round)
  }

  #admit(instance: ServiceInstance): CountedEndpoint {
    const endpoint = new CountedEndpoint(instance)
    this.#known.set(instance.id, endpoint)
    return endpoint
  }

  #change(endpoint: CountedEndpoint, instance: ServiceInstance, nowMs: number): void {
    const isUp = instance.status === ServiceStatus.UP
    const isRestarted = endpoint.instance.registeredAt !== instance.registeredAt
    if (isUp && (!endpoint.isUp || isRestarted)) endpoint.upSinceMs = nowMs
    endpoint.isUp = isUp
    endpoint.instance = instance
    endpoint.record = this.#hostHealth?.of(instance)
  }

  #part(endpoint: CountedEndpoint): void {
    endpoint.isUp = false
    this.#leaving.add(endpoint)
  }

  #forgetDrained(round: number): void {
    for (const endpoint of this.#leaving) {
      if (endpoint.round !== round && endpoint.inFlight > 0) continue
      this.#leaving.delete(endpoint)
      if (endpoint.round !== round) this.#known.delete(endpoint.instance.id)
    }
  }
}

/** How many are the same at the beginning and, of the others, at the end. */
function sameEnds(before: readonly ServiceInstance[], now: readonly ServiceInstance[]): { readonly head: number; readonly tail: number } {
  const shorter = Math.min(before.length, now.length)
  let head = 0
  while (head < shorter && before[head] === now[head]) head++
  let tail = 0
  while (tail < shorter - head && before[before.length - 1 - tail] === now[now.length - 1 - tail]) tail++
  return { head, tail }
}
