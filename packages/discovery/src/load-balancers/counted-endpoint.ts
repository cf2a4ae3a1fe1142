import type { ServiceInstance } from '@hazeljs/core'
import type { HostRecord } from '../health/outlier/host-health.js'
import type { Endpoint, EndpointGroup } from './strategy.js'

/** An instance, and what its balancer keeps of it. */
export class CountedEndpoint implements Endpoint {
  instance: ServiceInstance
  inFlight = 0
  isUp = false
  record: HostRecord | undefined
  /** The call that shows whether it is well again, while it is in doubt. */
  trial: object | undefined
  trialAtMs = 0
  /** When it was first seen UP; -Infinity for one that is no newcomer. */
  upSinceMs = -Infinity
  /** Where it stands among the members. */
  place = 0
  /** The last update that named it. */
  round = 0
  /** The groups that count its leases: {@link anyone}, {@link warmed} or both. */
  groups = 0
  /** Its place in the client's order of preference, once that was asked for. */
  rank: number | undefined

  constructor(instance: ServiceInstance) {
    this.instance = instance
  }
}

/** Marks of the two groups that an endpoint can be in: all that can be picked, and those of them that are no newcomers. */
export const anyone = 1
export const warmed = 2

export class CountedGroup implements EndpointGroup {
  endpoints: readonly CountedEndpoint[] = []
  joined: readonly CountedEndpoint[] = []
  members: readonly ServiceInstance[] = []
  inFlight = 0
  readonly #mark: number

  constructor(mark: number) {
    this.#mark = mark
  }

  replace(endpoints: readonly CountedEndpoint[], members: readonly ServiceInstance[]): void {
    const mark = this.#mark
    let inFlight = 0
    let stayed = 0
    const joined: CountedEndpoint[] = []
    for (const endpoint of endpoints) {
      inFlight += endpoint.inFlight
      if ((endpoint.groups & mark) === 0) joined.push(endpoint)
      else stayed++
    }
    if (stayed < this.endpoints.length) {
      for (const endpoint of this.endpoints) endpoint.groups &= ~mark
      for (const endpoint of endpoints) endpoint.groups |= mark
    } else for (const endpoint of joined) endpoint.groups |= mark
    this.endpoints = endpoints
    this.joined = joined
    this.members = members
    this.inFlight = inFlight
  }
}
