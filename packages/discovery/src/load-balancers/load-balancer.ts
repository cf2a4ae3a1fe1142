import { type ServiceInstance, ServiceStatus } from '@hazeljs/core'
import type { Outcome } from '@hazeljs/resilience'
import type { Lease } from './lease.js'
import type { BalancingStrategy, Endpoint, EndpointGroup, PickContext } from './strategy.js'

const anyCall: PickContext = {}

/** Picks among the instances of one service and subset, and counts what it picked. */
export class LoadBalancer {
  readonly #strategy: BalancingStrategy
  readonly #group = new Group()
  /** Endpoints by id: those in the group, and those that left with leases outstanding, so that they find their count when they return. */
  #known = new Map<string, CountedEndpoint>()
  #instances: readonly ServiceInstance[] = []

  constructor(strategy: BalancingStrategy) {
    this.#strategy = strategy
  }

  /** The instances that are UP. */
  get instances(): readonly ServiceInstance[] {
    return this.#instances
  }

  /** Leases that were not released, of the instances that are UP. */
  get inFlight(): number {
    return this.#group.inFlight
  }

  /** Takes over the instances of the subset, whatever their status; only those that are UP will be picked. Counts and turns survive. */
  update(members: readonly ServiceInstance[]): void {
    const up = members.filter(({ status }) => status === ServiceStatus.UP)
    const known = new Map<string, CountedEndpoint>()
    for (const endpoint of this.#known.values()) {
      endpoint.picked = false
      if (endpoint.inFlight > 0) known.set(endpoint.instance.id, endpoint)
    }
    const endpoints = up.map((instance) => this.#endpointOf(instance))
    for (const endpoint of endpoints) known.set(endpoint.instance.id, endpoint)
    this.#known = known
    this.#instances = Object.freeze(up)
    this.#group.replace(endpoints, members)
    this.#strategy.update(this.#group)
  }

  /** Picks an instance and counts a call to it, in one step. `undefined` when none is UP. */
  pick(context: PickContext = anyCall): Lease | undefined {
    const endpoint = this.#choose(context)
    if (endpoint === undefined) return undefined
    endpoint.inFlight++
    this.#group.inFlight++
    return new CountedLease(endpoint, this.#group, this.#strategy)
  }

  /** Picks an instance without counting a call. */
  select(context: PickContext = anyCall): ServiceInstance | undefined {
    return this.#choose(context)?.instance
  }

  #choose(context: PickContext): CountedEndpoint | undefined {
    const strategy = this.#strategy
    let endpoint = strategy.choose(context)
    if (endpoint === undefined && context.exclude !== undefined && this.#instances.length > 0) {
      endpoint = strategy.choose(withoutExclusions(context))
    }
    return endpoint as CountedEndpoint | undefined
  }

  #endpointOf(instance: ServiceInstance): CountedEndpoint {
    const endpoint = this.#known.get(instance.id) ?? new CountedEndpoint(instance)
    endpoint.instance = instance
    endpoint.picked = true
    return endpoint
  }
}

function withoutExclusions({ key, zone }: PickContext): PickContext {
  return { ...(key !== undefined && { key }), ...(zone !== undefined && { zone }) }
}

class CountedEndpoint implements Endpoint {
  instance: ServiceInstance
  inFlight = 0
  /** Whether it is in the group, whose total counts it. */
  picked = true

  constructor(instance: ServiceInstance) {
    this.instance = instance
  }
}

class Group implements EndpointGroup {
  endpoints: readonly CountedEndpoint[] = []
  members: readonly ServiceInstance[] = []
  inFlight = 0

  replace(endpoints: readonly CountedEndpoint[], members: readonly ServiceInstance[]): void {
    this.endpoints = endpoints
    this.members = members
    this.inFlight = endpoints.reduce((sum, endpoint) => sum + endpoint.inFlight, 0)
  }
}

class CountedLease implements Lease {
  readonly instance: ServiceInstance
  readonly #endpoint: CountedEndpoint
  readonly #group: Group
  readonly #strategy: BalancingStrategy
  #released = false

  constructor(endpoint: CountedEndpoint, group: Group, strategy: BalancingStrategy) {
    this.instance = endpoint.instance
    this.#endpoint = endpoint
    this.#group = group
    this.#strategy = strategy
  }

  release(outcome: Outcome = 'success'): void {
    if (this.#released) return
    this.#released = true
    this.#endpoint.inFlight--
    if (this.#endpoint.picked) this.#group.inFlight--
    this.#strategy.settled?.(this.#endpoint, outcome)
  }
}
