import { type Clock, type Random, show, systemClock, systemRandom } from '@hazeljs/core'
import { DiscoveryError } from '../errors.js'
import { IpHash } from './ip-hash.js'
import { LeastConnections } from './least-connections.js'
import { LoadBalancer } from './load-balancer.js'
import { RandomChoice } from './random.js'
import { RoundRobin } from './round-robin.js'
import type { StrategyCreator } from './strategy.js'
import { WeightedRoundRobin } from './weighted-round-robin.js'
import { ZoneAware } from './zone-aware.js'

export interface BalancerOptions {
  readonly clock?: Clock
  readonly random?: Random
  /** Where the client is, for `zone-aware`. */
  readonly zone?: string
}

/** The load balancing strategies by name: those of the package, and those that users add. */
export class LoadBalancerCatalog {
  readonly #creators = new Map<string, StrategyCreator>([
    ['round-robin', ({ random }) => new RoundRobin(random)],
    ['random', ({ random }) => new RandomChoice(random)],
    ['least-connections', ({ clock, random }) => new LeastConnections(clock, random)],
    ['weighted-round-robin', ({ random }) => new WeightedRoundRobin(random)],
    ['ip-hash', ({ random }) => new IpHash(random)],
    ['zone-aware', ({ random, zone }) => new ZoneAware(random, zone)],
  ])

  /** Adds a strategy, or replaces the one of this name for balancers made from now on. */
  register(name: string, creator: StrategyCreator): this {
    this.#creators.set(name, creator)
    return this
  }

  get(name: string): StrategyCreator | undefined {
    return this.#creators.get(name)
  }

  get names(): readonly string[] {
    return [...this.#creators.keys()]
  }

  /**
   * A balancer without instances: `update` gives it some.
   *
   * @throws {DiscoveryError} `UNKNOWN_STRATEGY`, listing those that exist.
   */
  create(name: string, options: BalancerOptions = {}): LoadBalancer {
    const creator = this.#creators.get(name)
    if (creator === undefined) {
      throw new DiscoveryError('UNKNOWN_STRATEGY', `Unknown load balancing strategy ${show(name)}; known are ${this.names.join(', ')}`)
    }
    const { clock = systemClock, random = systemRandom, zone } = options
    return new LoadBalancer(creator({ clock, random, zone }))
  }
}

/** The catalog that every client uses which was not given its own. */
export const LoadBalancerFactory = new LoadBalancerCatalog()
