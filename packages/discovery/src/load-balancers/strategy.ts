import type { Clock, Random, ServiceInstance } from '@hazeljs/core'
import type { Outcome } from '@hazeljs/resilience'

/** The strategies that come with the package; `LoadBalancerFactory.register` adds others. */
export type LoadBalancingStrategy = 'round-robin' | 'random' | 'least-connections' | 'weighted-round-robin' | 'ip-hash' | 'zone-aware'

/** What is known of the call that an instance is picked for. */
export interface PickContext {
  /** Calls with the same key go to the same instance under `ip-hash`: a client's address, a session. */
  readonly key?: string
  /** Where the caller is, for `zone-aware`. Default: the client's own `zone`. */
  readonly zone?: string
  /** Ids of instances not to pick, such as those tried already, as long as another one is UP. */
  readonly exclude?: readonly string[]
}

/** One instance as a strategy sees it. The object stays the same while the instance stays, and across updates. */
export interface Endpoint {
  readonly instance: ServiceInstance
  /** Leases of it that have not been released. */
  readonly inFlight: number
}

/** What a strategy chooses from. */
export interface EndpointGroup {
  /** The instances that are UP. */
  readonly endpoints: readonly Endpoint[]
  /** All instances of the subset, whatever their status. */
  readonly members: readonly ServiceInstance[]
  /** Leases of all `endpoints` together. */
  readonly inFlight: number
}

/** Decides, and nothing else: whoever holds it counts leases. All of it is synchronous, and `choose` should not allocate. */
export interface BalancingStrategy {
  /** Called before the first choice and after each change. State about endpoints that stay is kept. */
  update(group: EndpointGroup): void
  /** An endpoint that the context does not exclude; `undefined` only when there is none. */
  choose(context: PickContext): Endpoint | undefined
  /** A lease of `endpoint` was released. */
  settled?(endpoint: Endpoint, outcome: Outcome): void
}

/** What a strategy is made with. */
export interface StrategyContext {
  readonly clock: Clock
  readonly random: Random
  /** Where the client is. */
  readonly zone: string | undefined
}

export type StrategyCreator = (context: StrategyContext) => BalancingStrategy

export function isExcluded(endpoint: Endpoint, context: PickContext): boolean {
  return context.exclude?.includes(endpoint.instance.id) === true
}

/** The first endpoint from `start` on, going round once, that is not excluded. */
export function firstAllowed(endpoints: readonly Endpoint[], start: number, context: PickContext): Endpoint | undefined {
  for (let step = 0; step < endpoints.length; step++) {
    const endpoint = endpoints[(start + step) % endpoints.length] as Endpoint
    if (!isExcluded(endpoint, context)) return endpoint
  }
  return undefined
}
