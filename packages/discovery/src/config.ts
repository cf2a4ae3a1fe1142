import { type ConfigProblem, type Duration, type OptionsReader, problemsOf, show } from '@hazeljs/core'
import type { BackendChoice } from './backends/by-name/backend-config.js'
import type { OpenBackend } from './backends/by-name/open-backend.js'
import { readBackend } from './backends/by-name/read-backend.js'
import { type CallerCheckOptions, readCallerChecks, type ResolvedCallerChecks } from './health/active/caller-checks.js'
import { type OutlierOptions, readOutlierOptions, type ResolvedOutlierOptions } from './health/outlier/options.js'
import { type BalancingOptions, readBalancing, type ResolvedBalancing } from './load-balancers/balancing-options.js'
import { LoadBalancerFactory, type LoadBalancerCatalog } from './load-balancers/load-balancer-factory.js'
import type { LoadBalancingStrategy } from './load-balancers/strategy.js'
import { readText } from './text-option.js'

export { readText }

/** What is not about the registry. */
export interface DiscoveryClientOptions extends BalancingOptions {
  /**
   * Keep the lists of instances, watched or for `cacheTTL`. Default `true`. `false`: `getInstance`, `getInstances` and `acquire` list anew on
   * each call; pickers always work on watched lists.
   */
  readonly cacheEnabled?: boolean
  /** How old a list may be that no watch keeps current. Default 30 s. */
  readonly cacheTTL?: Duration
  /** How often lists in use are fetched again while no watch keeps them current. At least 100 ms. Default 15 s. */
  readonly refreshInterval?: Duration
  /** Where this client is, for `zone-aware`. */
  readonly zone?: string
  /** Where a call names no strategy. Default `round-robin`. */
  readonly loadBalancingStrategy?: LoadBalancingStrategy | (string & {})
  /** Instances whose calls fail get no traffic for a while; `true` takes the defaults. Default `true`. */
  readonly outlierDetection?: boolean | OutlierOptions
  /**
   * This client checks the instances of the services that it uses itself, and calls none that it finds ill; for registries that check
   * nobody, such as static lists and DNS. `true` takes the defaults. Default `false`.
   */
  readonly healthCheck?: boolean | CallerCheckOptions
  /** For single services, by their names. Their `healthCheck` replaces the one for all whole. */
  readonly services?: Readonly<Record<string, ServiceOptions>>
}

export interface ServiceOptions {
  readonly healthCheck?: boolean | CallerCheckOptions
}

export type DiscoveryClientConfig = DiscoveryClientOptions & BackendChoice

export interface ResolvedDiscoveryConfig {
  readonly cacheEnabled: boolean
  readonly cacheTtlMs: number
  readonly refreshIntervalMs: number
  readonly zone: string | undefined
  readonly strategy: string
  readonly balancing: ResolvedBalancing
  /** `undefined` when nobody is ejected. */
  readonly outliers: ResolvedOutlierOptions | undefined
  /** `undefined` for services whose instances are not checked. */
  readonly checksOf: (service: string) => ResolvedCallerChecks | undefined
  readonly openBackend: OpenBackend
}

export const defaultCacheTtlMs = 30_000
export const defaultRefreshIntervalMs = 15_000
export const minRefreshIntervalMs = 100
export const defaultStrategy: LoadBalancingStrategy = 'round-robin'

/** Everything wrong with the options, with paths relative to them; empty when a client can be made of them. */
export function discoveryProblems(config: unknown, loadBalancers: LoadBalancerCatalog = LoadBalancerFactory): readonly ConfigProblem[] {
  if (typeof config !== 'object' || config === null) return [{ path: '', message: `expected an object, got ${show(config)}` }]
  return problemsOf((options) => readDiscoveryConfig(options, loadBalancers), config as DiscoveryClientConfig)
}

export function readDiscoveryConfig(
  options: OptionsReader<DiscoveryClientConfig>,
  loadBalancers: LoadBalancerCatalog,
): ResolvedDiscoveryConfig {
  const openBackend = readBackend(options)
  const strategy = options.value('loadBalancingStrategy') ?? defaultStrategy
  if (loadBalancers.get(strategy) === undefined) {
    options.add('loadBalancingStrategy', `expected one of ${loadBalancers.names.map(show).join(', ')}, got ${show(strategy)}`)
  }
  return {
    cacheEnabled: options.boolean('cacheEnabled', true),
    cacheTtlMs: options.duration('cacheTTL', defaultCacheTtlMs),
    refreshIntervalMs: options.duration('refreshInterval', defaultRefreshIntervalMs, minRefreshIntervalMs),
    zone: readText(options, 'zone'),
    strategy,
    balancing: readBalancing(options),
    outliers: readOutliers(options),
    checksOf: readChecks(options),
    openBackend,
  }
}

function readOutliers(options: OptionsReader<DiscoveryClientConfig>): ResolvedOutlierOptions | undefined {
  const given = options.value('outlierDetection')
  if (given === false) return undefined
  return readOutlierOptions(options.object('outlierDetection', given === true ? {} : given))
}

function readChecks(options: OptionsReader<DiscoveryClientConfig>): ResolvedDiscoveryConfig['checksOf'] {
  const forAll = readCallerChecks(options)
  const given = options.value('services') ?? {}
  const services: OptionsReader<Record<string, ServiceOptions>> = options.object('services')
  const own = new Map<string, ResolvedCallerChecks | undefined>()
  for (const name of Object.keys(given)) {
    const service = services.object(name)
    if (service.has('healthCheck')) own.set(name, readCallerChecks(service))
  }
  return (service) => (own.has(service) ? own.get(service) : forAll)
}
