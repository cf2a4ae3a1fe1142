import { resolveOptions, type ServiceFilter, type ServiceInstance, systemClock, type Clock } from '@hazeljs/core'
import { isDeepStrictEqual } from 'node:util'
import { matches } from '../../filter.js'
import type { BackendDependencies } from '../backend-dependencies.js'
import { refuseChange } from '../read-only.js'
import type { RegistryBackend, RegistryListener } from '../registry-backend.js'
import { SharedWatches, type WatchSink } from '../shared-watches.js'
import { readStaticServices, type StaticEntry, type StaticServices, withoutTexts } from './static-services.js'

/** Services whose instances stand in the configuration. They are only read; {@link StaticRegistryBackend.update} puts others in their place. */
export class StaticRegistryBackend implements RegistryBackend {
  readonly ttlMs = undefined
  readonly #clock: Clock
  readonly #sinks = new Map<string, WatchSink>()
  readonly #watches = new SharedWatches((service, sink) => this.#follow(service, sink))
  #services: ReadonlyMap<string, readonly ServiceInstance[]> = new Map()
  #byId: ReadonlyMap<string, ServiceInstance> = new Map()

  /** @throws {ConfigError} listing everything wrong, with paths such as `orders[0].port`. */
  constructor(services: StaticServices, { clock = systemClock }: Pick<BackendDependencies, 'clock'> = {}) {
    this.#clock = clock
    this.#read(services)
  }

  /**
   * Puts these services in the place of all others, and tells whoever watches them: a changed configuration needs no restart. An instance
   * that stays as it was keeps its times.
   *
   * @throws {ConfigError} as the constructor; everything stays as it was then.
   */
  update(services: StaticServices): void {
    const before = this.#services
    this.#read(services)
    for (const service of this.#sinks.keys()) this.#tell(service, new Set(before.get(service)?.map(({ id }) => id)))
  }

  register(): Promise<never> {
    return this.#refuse()
  }

  deregister(): Promise<never> {
    return this.#refuse()
  }

  heartbeat(): Promise<never> {
    return this.#refuse()
  }

  updateStatus(): Promise<never> {
    return this.#refuse()
  }

  getInstances(name: string, filter?: ServiceFilter): Promise<readonly ServiceInstance[]> {
    const all = this.#services.get(name) ?? []
    return Promise.resolve(filter === undefined ? all : all.filter((instance) => matches(instance, filter)))
  }

  getInstance(id: string): Promise<ServiceInstance | null> {
    return Promise.resolve(this.#byId.get(id) ?? null)
  }

  getAllServices(): Promise<readonly string[]> {
    return Promise.resolve([...this.#services].flatMap(([name, instances]) => (instances.length > 0 ? [name] : [])).sort())
  }

  /** Nothing expires. */
  cleanup(): Promise<void> {
    return Promise.resolve()
  }

  watch(name: string, listener: RegistryListener): () => void {
    return this.#watches.watch(name, listener)
  }

  close(): Promise<void> {
    this.#watches.close()
    return Promise.resolve()
  }

  #follow(service: string, sink: WatchSink): () => void {
    this.#sinks.set(service, sink)
    this.#tell(service)
    return () => void this.#sinks.delete(service)
  }

  #tell(service: string, deregistered?: ReadonlySet<string>): void {
    this.#sinks.get(service)?.state(this.#services.get(service) ?? [], deregistered)
  }

  #read(services: StaticServices): void {
    const lists = withoutTexts(services)
    const read = resolveOptions('StaticRegistryBackend', (options) => readStaticServices(options, lists), lists)
    this.#services = new Map([...read].map(([name, entries]) => [name, Object.freeze(entries.map((entry) => this.#instance(entry)))]))
    this.#byId = new Map([...this.#services.values()].flat().map((instance) => [instance.id, instance]))
  }

  #instance(entry: StaticEntry): ServiceInstance {
    const now = this.#clock.wallTime()
    const known = this.#byId.get(entry.id)
    const { lastHeartbeat, registeredAt } = known ?? { lastHeartbeat: now, registeredAt: now }
    const instance = Object.freeze({ ...entry, lastHeartbeat, registeredAt })
    return known !== undefined && isDeepStrictEqual(known, instance) ? known : instance
  }

  #refuse(): Promise<never> {
    return refuseChange(
      'A static list',
      'Change the list that the backend was given, with update(), or register with a registry such as Redis or Consul.',
    )
  }
}
