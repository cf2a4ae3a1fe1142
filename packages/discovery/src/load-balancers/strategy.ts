import type { Clock, Random, ServiceInstance } from '@hazeljs/core'
import type { Outcome } from '@hazeljs/resilience'
import type { ResolvedLeastConnections } from './balancing-options.js'

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
  /** Its place among all that the balancer was told of, counted from 0; it changes with updates only. For strategies with state in arrays. */
  readonly place: number
}

/** What a strategy chooses from. The object stays the same; its lists are new where they differ. */
export interface EndpointGroup {
  /** The instances that are UP and not ejected, in the order of `members` and of their `place`s; all that are UP in a panic. */
  readonly endpoints: readonly Endpoint[]
  /** Those of `endpoints` that were not among them before this update. */
  readonly joined: readonly Endpoint[]
  /** All instances of the subset, whatever their status. */
  readonly members: readonly ServiceInstance[]
  /** Leases of all `endpoints` together. */
  readonly inFlight: number
}

/** Decides, and nothing else: whoever holds it counts leases. All of it is synchronous, and `choose` should not allocate. */
export interface BalancingStrategy {
  /** Whether calls with the same `key` go to the same endpoint, so that slow start moves a key to a newcomer once. Default `false`. */
  readonly sticky?: boolean
  /** Whether it needs the time: `nowMs` and `latencyMs` are only good then. Default `false`. */
  readonly timed?: boolean
  /** Called before the first choice and after each change. State about endpoints that stay is kept. */
  update(group: EndpointGroup): void
  /**
   * An endpoint that the context does not exclude; `undefined` only when there is none.
   *
   * @param nowMs the clock, for a strategy that is `timed`
   */
  choose(context: PickContext, nowMs: number): Endpoint | undefined
  /**
   * A lease of `endpoint` was released.
   *
   * @param latencyMs how long the call took, for a strategy that is `timed`; else 0
   * @param nowMs as for `choose`
   */
  settled?(endpoint: Endpoint, outcome: Outcome, latencyMs: number, nowMs: number): void
}

/** What a strategy is made with. */
export interface StrategyContext {
  readonly clock: Clock
  readonly random: Random
  /** Where the client is. */
  readonly zone: string | undefined
  /** What `least-connections` was told. */
  readonly leastConnections: ResolvedLeastConnections
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
