import { type ServiceFilter, type ServiceInstance, type ServiceStatus, systemClock, systemRandom } from '@hazeljs/core'
import { DiscoveryError } from '../../errors.js'
import { matches } from '../../filter.js'
import type { BackendDependencies } from '../backend-dependencies.js'
import { CorruptEntries } from '../entry-reader.js'
import type { RegistryBackend, RegistryListener } from '../registry-backend.js'
import { SharedWatches, type WatchSink } from '../shared-watches.js'
import { BlockingQuery } from './blocking-query.js'
import { ConsulAgent } from './consul-agent.js'
import { ConsulCalls } from './consul-calls.js'
import { ConsulCatalog, type Entries } from './consul-catalog.js'
import type { ConsulClient } from './consul-client.js'
import { type ConsulBackendOptions, defaultWaitsPerTtl, resolveConsulOptions, type ResolvedConsulOptions } from './consul-options.js'
import { FollowedService, type Listing } from './followed-service.js'
import { hasStatus } from './service-checks.js'
import { shows, toDefinition } from './service-definition.js'
import { foreignServiceId, ServiceEntries } from './service-entries.js'
import { Turns } from './turns.js'

/**
 * Keeps registrations in Consul. They are made with the agent that the client leads to, which tells the catalog; instances of all agents are
 * listed and watched, and those too that somebody else registered.
 *
 * Consul does not tell when the last heartbeat came: `lastHeartbeat` is 0.
 */
export class ConsulRegistryBackend implements RegistryBackend {
  readonly ttlMs: number
  readonly #options: ResolvedConsulOptions
  readonly #dependencies: Required<Pick<BackendDependencies, 'clock' | 'random'>>
  readonly #agent: ConsulAgent
  readonly #catalog: ConsulCatalog
  readonly #entries: ServiceEntries
  readonly #followed = new Map<string, FollowedService>()
  readonly #watches = new SharedWatches((service, sink) => this.#follow(service, sink))
  readonly #turns = new Turns()
  /** The services of those that were registered here: to find one by its id alone, Consul looks through all checks of all services. */
  readonly #registered = new Map<string, string>()

  /** @throws {ConfigError} for options that are wrong. */
  constructor(client: ConsulClient, options: ConsulBackendOptions = {}, dependencies: BackendDependencies = {}) {
    this.#options = resolveConsulOptions(client, options)
    this.ttlMs = this.#options.ttlMs
    const { clock = systemClock, random = systemRandom, logger } = dependencies
    this.#dependencies = { clock, random }
    const { requestTimeoutMs } = this.#options
    const calls = new ConsulCalls(clock, requestTimeoutMs)
    this.#agent = new ConsulAgent(client, calls)
    this.#catalog = new ConsulCatalog(client, calls, Math.min(requestTimeoutMs, this.ttlMs / defaultWaitsPerTtl), clock)
    this.#entries = new ServiceEntries(new CorruptEntries('Consul', logger))
  }

  /** Resolves when the catalog shows it, or 2 s after the agent took it. */
  register(instance: ServiceInstance): Promise<void> {
    const { id, name, status } = instance
    return this.#turns.take(id, async () => {
      const definition = toDefinition(instance, this.#options)
      this.#registered.set(id, name)
      await this.#agent.register(definition, id, status)
      await this.#catalog.settle(name, id, (entries) => entries.some((entry) => shows(entry, definition, instance)))
    })
  }

  /** @throws {DiscoveryError} also for an instance that is registered with another agent than the client's. */
  deregister(id: string): Promise<void> {
    return this.#turns.take(id, async () => {
      const service = await this.#serviceHere(id, 'deregister')
      if (service === undefined) return
      const before = await this.#catalog.entries(service, id)
      await this.#agent.deregister(id, service)
      this.#registered.delete(id)
      // Another agent may have the id too.
      await this.#catalog.settle(service, id, ({ length }) => length === 0 || length < before.entries.length)
    })
  }

  heartbeat(id: string): Promise<boolean> {
    return this.#turns.take(id, () => this.#agent.renew(id))
  }

  async getInstances(name: string, filter?: ServiceFilter): Promise<readonly ServiceInstance[]> {
    const listing = this.#read(name, await this.#catalog.entries(name))
    const all = this.#followed.get(name)?.complete(listing) ?? listing.instances
    return filter === undefined ? all : all.filter((instance) => matches(instance, filter))
  }

  async getInstance(id: string): Promise<ServiceInstance | null> {
    const service = this.#registered.get(id)
    const registered = service === undefined ? [] : this.#entries.read((await this.#catalog.entries(service, id)).entries)
    const [instance] = registered.filter((one) => one.id === id)
    return instance ?? this.#find(id)
  }

  async getAllServices(): Promise<readonly string[]> {
    const [names, doubtful] = await Promise.all([this.#catalog.names(), this.#catalog.namesWithExpired()])
    const kept = await Promise.all(names.map(async (name) => !doubtful.has(name) || (await this.getInstances(name)).length > 0))
    return names.filter((_, index) => kept[index]).sort()
  }

  /** @throws {DiscoveryError} also for an instance that is registered with another agent than the client's. */
  updateStatus(id: string, status: ServiceStatus): Promise<void> {
    return this.#turns.take(id, async () => {
      const service = await this.#serviceHere(id, 'set the status of')
      if (service === undefined) return
      await this.#agent.setStatus(id, service, status)
      await this.#catalog.settle(service, id, (entries) => entries.some(({ Checks }) => hasStatus(Checks, status)))
    })
  }

  /** Consul takes out what has expired by itself, after `deregisterAfter`. */
  cleanup(): Promise<void> {
    return Promise.resolve()
  }

  watch(name: string, listener: RegistryListener): () => void {
    return this.#watches.watch(name, listener)
  }

  /** Ends the watches. The client stays as it is. */
  close(): Promise<void> {
    this.#watches.close()
    return Promise.resolve()
  }

  #follow(service: string, sink: WatchSink): () => void {
    const followed = new FollowedService(sink, this.ttlMs, this.#dependencies.clock)
    this.#followed.set(service, followed)
    const query = new BlockingQuery(
      (index, waitMs, signal) => this.#catalog.newerEntries(service, index, waitMs, signal),
      { answered: (answer) => followed.take(this.#read(service, answer)), failed: (error) => followed.fail(error) },
      { waitMs: this.#options.waitMs, ...this.#dependencies },
    )
    return () => {
      query.stop()
      followed.stop()
      if (this.#followed.get(service) === followed) this.#followed.delete(service)
    }
  }

  #read(service: string, { entries, index, isFiltered }: Entries): Listing {
    return { ...this.#entries.readAll(service, entries), index, isFiltered }
  }

  async #find(id: string): Promise<ServiceInstance | null> {
    const ids = new Set([id, foreignServiceId(id)])
    const found = await Promise.all([...ids].map((one) => this.#catalog.find(one)))
    return this.#entries.read(found.flat()).find((instance) => instance.id === id) ?? null
  }

  /** The service that the client's agent has the id in; `undefined` where no agent has it. */
  async #serviceHere(id: string, doing: string): Promise<string | undefined> {
    const service = await this.#agent.serviceOf(id)
    if (service !== undefined) return service
    const [elsewhere] = await this.#catalog.find(id)
    if (elsewhere === undefined) return undefined
    const { Node } = elsewhere.Node
    const message = `Consul cannot ${doing} ${id} here: it is registered with the agent of node ${Node}. Give the client that agent's address`
    throw new DiscoveryError('REGISTRY_UNAVAILABLE', message)
  }
}
