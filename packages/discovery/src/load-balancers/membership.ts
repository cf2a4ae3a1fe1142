import { type ServiceInstance, ServiceStatus } from '@hazeljs/core'
import type { HostHealth } from '../health/outlier/host-health.js'
import { CountedEndpoint } from './counted-endpoint.js'

/** The endpoints of all members, whatever their status. What stays in its place from one update to the next costs no lookup. */
export class Membership {
  /** One for each id, in the order of the members. */
  endpoints: readonly CountedEndpoint[] = []
  readonly #hostHealth: HostHealth | undefined
  /** By id: the members, and those that left with leases outstanding, so that they find their count when they return. */
  readonly #known = new Map<string, CountedEndpoint>()
  readonly #leaving = new Set<CountedEndpoint>()
  #round = 0

  constructor(hostHealth: HostHealth | undefined) {
    this.#hostHealth = hostHealth
  }

  /** @param nowMs what those that are UP now and were not before count as newcomers from */
  update(members: readonly ServiceInstance[], nowMs: number): void {
    const before = this.endpoints
    const round = ++this.#round
    const endpoints: CountedEndpoint[] = []
    let from = 0
    let stayed = 0
    for (const instance of members) {
      const expected = before[from]
      const isExpected = expected !== undefined && (expected.instance === instance || expected.instance.id === instance.id)
      const endpoint = isExpected ? expected : (this.#known.get(instance.id) ?? this.#admit(instance))
      if (endpoint.round === round) continue
      const stays = before[endpoint.place] === endpoint
      if (stays) {
        from = endpoint.place + 1
        stayed++
      }
      endpoint.round = round
      endpoint.place = endpoints.length
      endpoints.push(endpoint)
      if (!stays || endpoint.instance !== instance) this.#change(endpoint, instance, nowMs)
    }
    this.endpoints = endpoints
    if (stayed < before.length) for (const endpoint of before) if (endpoint.round !== round) this.#part(endpoint)
    this.#forgetDrained(round)
  }

  #admit(instance: ServiceInstance): CountedEndpoint {
    const endpoint = new CountedEndpoint(instance)
    this.#known.set(instance.id, endpoint)
    return endpoint
  }

  #change(endpoint: CountedEndpoint, instance: ServiceInstance, nowMs: number): void {
    const isUp = instance.status === ServiceStatus.UP
    if (isUp && !endpoint.isUp) endpoint.upSinceMs = nowMs
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
