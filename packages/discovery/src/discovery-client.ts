import {
  type Clock,
  Emitter,
  guardLogger,
  type Logger,
  type Random,
  resolveOptions,
  type ServiceFilter,
  type ServiceInstance,
  silentLogger,
  systemClock,
  systemRandom,
  toError,
} from '@hazeljs/core'
import type { OpenedBackend } from './backends/by-name/open-backend.js'
import { checkBackend } from './backends/by-name/read-backend.js'
import type { RegistryBackend } from './backends/registry-backend.js'
import { type DiscoveryClientConfig, readDiscoveryConfig, type ResolvedDiscoveryConfig } from './config.js'
import { DiscoveryError } from './errors.js'
import type { DiscoveryEvents } from './events.js'
import type { CheckConnector } from './health/active/instance-check.js'
import type { HostHealth } from './health/outlier/host-health.js'
import type { InstancePicker, PickerOptions } from './instance-picker.js'
import { balancerOf, LoadBalancerFactory, type LoadBalancerCatalog } from './load-balancers/load-balancer-factory.js'
import type { LoadBalancer } from './load-balancers/load-balancer.js'
import type { Lease } from './load-balancers/lease.js'
import type { ResolvedBalancing } from './load-balancers/balancing-options.js'
import type { LoadBalancingStrategy, PickContext } from './load-balancers/strategy.js'
import { identified } from './load-balancers/subsetting.js'
import { matches } from './filter.js'
import { listingFailure } from './resolver/listing-failure.js'
import { ServicePicker } from './resolver/service-picker.js'
import { ServiceView } from './resolver/service-view.js'

export interface DiscoveryClientDependencies {
  readonly clock?: Clock
  readonly random?: Random
  readonly logger?: Logger
  /** Default: `LoadBalancerFactory`. */
  readonly loadBalancers?: LoadBalancerCatalog
  /** How instances are reached for `healthCheck`. Default: by their addresses. */
  readonly checkConnector?: CheckConnector
}

type StrategyName = LoadBalancingStrategy | (string & {})

/**
 * Finds the instances of services and picks among them. Only services in use are watched; when the registry fails, what was known last
 * stays in service.
 */
export class DiscoveryClient {
  readonly #config: ResolvedDiscoveryConfig
  readonly #opened: OpenedBackend
  readonly #backend: RegistryBackend
  readonly #clock: Clock
  readonly #random: Random
  readonly #logger: Logger
  readonly #loadBalancers: LoadBalancerCatalog
  readonly #balancing: ResolvedBalancing
  readonly #checkConnector: CheckConnector | undefined
  readonly #events = new Emitter<DiscoveryEvents>()
  readonly #views = new Map<string, ServiceView>()
  #closed = false

  /**
   * `backend` wins over the one in the config.
   *
   * @throws {ConfigError} for options that are wrong.
   */
  constructor(config: DiscoveryClientConfig = {}, backend?: RegistryBackend, dependencies: DiscoveryClientDependencies = {}) {
    const loadBalancers = dependencies.loadBalancers ?? LoadBalancerFactory
    this.#loadBalancers = loadBalancers
    this.#config = resolveOptions('DiscoveryClient', (options) => readDiscoveryConfig(options, loadBalancers), config)
    checkBackend('DiscoveryClient', backend)
    this.#opened = backend === undefined ? this.#config.openBackend(dependencies) : { backend, owned: false }
    this.#backend = this.#opened.backend
    this.#clock = dependencies.clock ?? systemClock
    this.#random = dependencies.random ?? systemRandom
    this.#checkConnector = dependencies.checkConnector
    this.#balancing = identified(this.#config.balancing, this.#random)
    this.#logger = guardLogger(dependencies.logger ?? silentLogger)
  }

  /**
   * Picks an instance without counting a call; `null` when none is UP. For `least-connections`, use {@link acquire}.
   *
   * @throws {DiscoveryError} `REGISTRY_UNAVAILABLE` or `REGISTRY_REFUSED` when nothing is known of the service, `UNKNOWN_STRATEGY`,
   * `CLIENT_CLOSED`.
   */
  async getInstance(name: string, strategy?: StrategyName, filter?: ServiceFilter, context?: PickContext): Promise<ServiceInstance | null> {
    return (await this.#balancer(name, strategy, filter)).select(context) ?? null
  }

  /**
   * Picks an instance and counts a call to it until the lease is released; `null` when none is UP.
   *
   * @throws {DiscoveryError} as {@link getInstance}.
   */
  async acquire(name: string, strategy?: StrategyName, filter?: ServiceFilter, context?: PickContext): Promise<Lease | null> {
    return (await this.#balancer(name, strategy, filter)).pick(context) ?? null
  }

  /**
   * All instances whatever their status, unless the filter says otherwise; ordered by id.
   *
   * @throws {DiscoveryError} `REGISTRY_UNAVAILABLE` or `REGISTRY_REFUSED` when nothing is known of the service, `CLIENT_CLOSED`.
   */
  async getInstances(name: string, filter?: ServiceFilter): Promise<ServiceInstance[]> {
    const instances = await this.#view(name).current()
    return instances.filter((instance) => filter === undefined || matches(instance, filter))
  }

  /**
   * The names of all services with an instance, asked of the registry each time.
   *
   * @throws {DiscoveryError} `REGISTRY_UNAVAILABLE`, `REGISTRY_REFUSED`, `CLIENT_CLOSED`.
   */
  async getAllServices(): Promise<string[]> {
    this.#assertOpen()
    try {
      return [...(await this.#backend.getAllServices())]
    } catch (error) {
      throw listingFailure('the services', error)
    }
  }

  /**
   * Picks without waiting, from instances that a watch keeps current. Close it when it is no longer needed.
   *
   * @throws {DiscoveryError} `UNKNOWN_STRATEGY`, `CLIENT_CLOSED`.
   */
  picker(name: string, options: PickerOptions = {}): InstancePicker {
    const view = this.#view(name)
    const subset = view.subsets.get(options.filter)
    return new ServicePicker(view, subset, subset.balancer(options.strategy ?? this.#config.strategy))
  }

  on<K extends keyof DiscoveryEvents>(event: K, listener: (payload: DiscoveryEvents[K]) => unknown): this {
    this.#events.on(event, listener)
    return this
  }

  off<K extends keyof DiscoveryEvents>(event: K, listener: (payload: DiscoveryEvents[K]) => unknown): this {
    this.#events.off(event, listener)
    return this
  }

  /** The next read of each service lists anew. Pickers go on with what they have. */
  clearCache(): void {
    for (const view of this.#views.values()) view.forget()
  }

  /**
   * Ends watches and timers, and the backend that was made for this client by its name; one that was given stays open, for it may serve others.
   * Pickers find nothing any more.
   */
  async close(): Promise<void> {
    this.#closed = true
    for (const view of this.#views.values()) view.close()
    this.#views.clear()
    this.#events.removeAllListeners()
    if (!this.#opened.owned) return
    try {
      await this.#opened.backend.close?.()
    } catch (error) {
      this.#logger.warn({ error: toError(error).message }, 'The registry backend could not be closed')
    }
  }

  async #balancer(name: string, strategy: string = this.#config.strategy, filter?: ServiceFilter): Promise<LoadBalancer> {
    const view = this.#view(name)
    await view.current()
    return view.subsets.get(filter).balancer(strategy)
  }

  #view(name: string): ServiceView {
    this.#assertOpen()
    const known = this.#views.get(name)
    if (known !== undefined) return known
    const view: ServiceView = new ServiceView(
      name,
      this.#backend,
      {
        ...this.#config,
        health: { outliers: this.#config.outliers, checks: this.#config.checksOf(name), checkConnector: this.#checkConnector },
        makeBalancer: (strategy, hostHealth) => this.#makeBalancer(strategy, hostHealth),
      },
      {
        changed: (change) => this.#events.emit('change', change),
        stale: (error) => this.#onStale(name, error),
        idle: () => this.#views.delete(name),
        ejected: (ejection) => this.#events.emit('ejected', { service: name, ...ejection }),
        unhealthy: (instance, error) => this.#events.emit('unhealthy', { service: name, instance, error }),
        healthy: (instance) => this.#events.emit('healthy', { service: name, instance }),
        readmitted: (readmission) => this.#events.emit('readmitted', { service: name, ...readmission }),
      },
      this.#clock,
      this.#random,
    )
    this.#views.set(name, view)
    return view
  }

  #makeBalancer(strategy: string, hostHealth: HostHealth | undefined): LoadBalancer {
    const surroundings = { clock: this.#clock, random: this.#random, zone: this.#config.zone, hostHealth }
    return balancerOf(this.#loadBalancers, strategy, surroundings, this.#balancing)
  }

  #onStale(service: string, error: Error): void {
    this.#logger.warn({ service, error: error.message }, 'The registry does not answer; the instances known last stay in service')
    this.#events.emit('stale', { service, error })
  }

  #assertOpen(): void {
    if (this.#closed) throw new DiscoveryError('CLIENT_CLOSED', 'The discovery client is closed')
  }
}
