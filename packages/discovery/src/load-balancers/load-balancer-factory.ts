import { type Clock, type Random, resolveOptions, show, systemClock, systemRandom } from '@hazeljs/core'
import { DiscoveryError } from '../errors.js'
import type { HostHealth } from '../health/outlier/host-health.js'
import { type BalancingOptions, readBalancing, type ResolvedBalancing } from './balancing-options.js'
import { IpHash } from './ip-hash.js'
import { leastConnections } from './least-connections.js'
import { LoadBalancer } from './load-balancer.js'
import { RandomChoice } from './random.js'
import { RoundRobin } from './round-robin.js'
import type { StrategyCreator } from './strategy.js'
import { WeightedRoundRobin } from './weighted-round-robin.js'
import { ZoneAware } from './zone-aware.js'

export interface BalancerOptions extends BalancingOptions {
  readonly clock?: Clock
  readonly random?: Random
  /** Where the client is, for `zone-aware`. */
  readonly zone?: string
  /** Whose ejections are heeded and who is told outcomes: an `OutlierDetector`. Default: nobody. */
  readonly hostHealth?: HostHealth
}

/** What of {@link BalancerOptions} is no option of the balancing itself. */
export type BalancerSurroundings = { readonly [Part in 'clock' | 'random' | 'zone' | 'hostHealth']: BalancerOptions[Part] | undefined }

/** The load balancing strategies by name: those of the package, and those that users add. */
export class LoadBalancerCatalog {
  readonly #creators = new Map<string, StrategyCreator>([
    ['round-robin', ({ random }) => new RoundRobin(random)],
    ['random', ({ random }) => new RandomChoice(random)],
    ['least-connections', leastConnections],
    ['weighted-round-robin', ({ random }) => new WeightedRoundRobin(random)],
    ['ip-hash', ({ clock, random }) => new IpHash(clock, random)],
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
   * @throws {ConfigError} for options that are wrong.
   */
  create(name: string, options: BalancerOptions = {}): LoadBalancer {
    const { clock, random, zone, hostHealth, ...balancing } = options
    return balancerOf(this, name, { clock, random, zone, hostHealth }, resolveOptions('LoadBalancer', readBalancing, balancing))
  }
}

/** As {@link LoadBalancerCatalog.create}, of options that were read. */
export function balancerOf(
  catalog: LoadBalancerCatalog,
  name: string,
  { clock = systemClock, random = systemRandom, zone, hostHealth }: BalancerSurroundings,
  balancing: ResolvedBalancing,
): LoadBalancer {
  const creator = catalog.get(name)
  if (creator === undefined) {
    throw new DiscoveryError('UNKNOWN_STRATEGY', `Unknown load balancing strategy ${show(name)}; known are ${catalog.names.join(', ')}`)
  }
  const context = { clock, random, zone, leastConnections: balancing.leastConnections }
  return new LoadBalancer(() => creator(context), { ...balancing, clock, random, hostHealth })
}

/** The catalog that every client uses which was not given its own. */
export const LoadBalancerFactory = new LoadBalancerCatalog()
