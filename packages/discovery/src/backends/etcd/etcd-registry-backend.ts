import { resolveOptions, type ServiceFilter, type ServiceInstance, type ServiceStatus, systemClock, systemRandom } from '@hazeljs/core'
import { DiscoveryError } from '../../errors.js'
import { matches } from '../../filter.js'
import type { BackendDependencies } from '../backend-dependencies.js'
import { CorruptEntries } from '../entry-reader.js'
import { encodeInstance } from '../instance-record.js'
import type { RegistryBackend, RegistryListener } from '../registry-backend.js'
import { SharedWatches } from '../shared-watches.js'
import { EtcdApi, type Int64, noLease, type Operation } from './etcd-api.js'
import { EtcdConnection } from './etcd-connection.js'
import { EtcdEntries } from './etcd-entries.js'
import { EtcdKeys } from './etcd-keys.js'
import { type EtcdBackendOptions, readEtcdOptions } from './etcd-options.js'
import { ServiceWatch } from './service-watch.js'

/** How often a change is tried that others get ahead of. */
const maxTries = 10

/** An instance's service and lease, as the key of its id tells. */
interface Registration {
  readonly name: string
  readonly lease: Int64
  readonly pointer: { readonly key: string; readonly modRevision: Int64 }
}

/**
 * Keeps registrations in etcd 3.4 or later, through its JSON gateway. Each registration has a lease, which heartbeats keep alive; an instance
 * whose lease ran out is removed by etcd itself.
 *
 * Nothing is remembered between calls: any process may renew, change or take out what another registered. `lastHeartbeat` is the time of the
 * registration, for a heartbeat renews the lease and writes nothing.
 *
 * Methods reject with {@link DiscoveryError} `REGISTRY_UNAVAILABLE`, `REGISTRY_REFUSED`, or `CLIENT_CLOSED` after {@link close}.
 */
export class EtcdRegistryBackend implements RegistryBackend {
  readonly ttlMs: number
  readonly #ttlSeconds: number
  readonly #connection: EtcdConnection
  readonly #api: EtcdApi
  readonly #keys: EtcdKeys
  readonly #entries: EtcdEntries
  readonly #watches: SharedWatches
  #closing: Promise<void> | undefined

  /**
   * Connects with the first call, not before.
   *
   * @throws {ConfigError} for options that are wrong.
   */
  constructor(options: EtcdBackendOptions, dependencies: BackendDependencies = {}) {
    const resolved = resolveOptions('EtcdRegistryBackend', readEtcdOptions, options)
    const { clock = systemClock, random = systemRandom, logger } = dependencies
    this.#ttlSeconds = resolved.ttlSeconds
    this.ttlMs = resolved.ttlSeconds * 1_000
    this.#connection = new EtcdConnection(resolved, clock, random)
    const keys = new EtcdKeys(resolved.keyPrefix)
    const entries = new EtcdEntries(keys, new CorruptEntries('etcd', logger))
    this.#api = new EtcdApi(this.#connection, 'calls')
    this.#keys = keys
    this.#entries = entries
    const api = new EtcdApi(this.#connection, 'background')
    const tools = { api, keys, entries, clock, random, idleMs: resolved.watchIdleMs, ttlMs: this.ttlMs }
    this.#watches = new SharedWatches((service, sink) => {
      const watch = new ServiceWatch(service, sink, tools)
      return () => watch.stop()
    })
  }

  async register(instance: ServiceInstance): Promise<void> {
    this.#assertOpen()
    const { id, name } = instance
    const lease = await this.#api.grant(this.#ttlSeconds)
    const [replaced] = await this.#api.transact([
      { put: this.#keys.pointer(id), value: name, lease },
      { put: this.#keys.instance(name, id), value: encodeInstance(instance), lease },
      { delete: this.#keys.farewell(name, id) },
    ])
    if (replaced === undefined) return
    if (replaced.value !== name) await this.#leave(id, replaced.value, replaced.lease)
    // Nothing hangs on the lease of the registration that was replaced. It ends by itself where this fails.
    else if (replaced.lease !== noLease) await this.#api.revoke(replaced.lease).catch(() => undefined)
  }

  async deregister(id: string): Promise<void> {
    await this.#change(id, ({ name, lease, pointer }) =>
      this.#api.transactIf(pointer, [...this.#leaving(id, name, lease), { delete: pointer.key }]),
    )
  }

  /** `false` as well where somebody deleted the instance and left the lease. */
  async heartbeat(id: string): Promise<boolean> {
    const registration = await this.#find(id)
    if (registration === undefined) return false
    const { name, lease } = registration
    const [isAlive, entry] = await Promise.all([
      lease === noLease || this.#api.keepAlive(lease),
      this.#api.get(this.#keys.instance(name, id)),
    ])
    return isAlive && entry !== undefined
  }

  async getInstances(name: string, filter?: ServiceFilter): Promise<readonly ServiceInstance[]> {
    this.#assertOpen()
    const { entries } = await this.#api.list(this.#keys.service(name))
    const { instances } = this.#entries.readAll(name, entries)
    return filter === undefined ? instances : instances.filter((instance) => matches(instance, filter))
  }

  async getInstance(id: string): Promise<ServiceInstance | null> {
    const registration = await this.#find(id)
    if (registration === undefined) return null
    const { name } = registration
    const entry = await this.#api.get(this.#keys.instance(name, id))
    return entry === undefined ? null : (this.#entries.readOnce(name, entry) ?? null)
  }

  /** A service of which all entries are corrupt is one of them: only keys are read. */
  async getAllServices(): Promise<readonly string[]> {
    this.#assertOpen()
    const { entries } = await this.#api.list(this.#keys.services, 'keys')
    const names = entries.map(({ key }) => this.#keys.serviceOf(key)).filter((name) => name !== undefined)
    return [...new Set(names)].sort()
  }

  async updateStatus(id: string, status: ServiceStatus): Promise<void> {
    await this.#change(id, async ({ name }) => {
      const entry = await this.#api.get(this.#keys.instance(name, id))
      const instance = entry === undefined ? undefined : this.#entries.readOnce(name, entry)
      if (entry === undefined || instance === undefined || instance.status === status) return true
      const value = encodeInstance({ ...instance, status })
      return this.#api.transactIf(entry, [{ put: entry.key, value }])
    })
  }

  /** etcd removes what has expired by itself. */
  cleanup(): Promise<void> {
    return Promise.resolve()
  }

  watch(name: string, listener: RegistryListener): () => void {
    this.#assertOpen()
    return this.#watches.watch(name, listener)
  }

  /** Ends watches at once, and connections when what was asked is answered. The registrations stay until their leases run out. */
  close(): Promise<void> {
    this.#watches.close()
    this.#closing ??= this.#connection.close()
    return this.#closing
  }

  async #find(id: string): Promise<Registration | undefined> {
    this.#assertOpen()
    const pointer = await this.#api.get(this.#keys.pointer(id))
    return pointer === undefined ? undefined : { name: pointer.value, lease: pointer.lease, pointer }
  }

  /** Tries a change until nobody else gets ahead of it. Nothing happens where the id is unknown. */
  async #change(id: string, attempt: (registration: Registration) => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < maxTries; tries++) {
      const registration = await this.#find(id)
      if (registration === undefined || (await attempt(registration))) return
    }
    throw new DiscoveryError('REGISTRY_UNAVAILABLE', `${id} in etcd was changed by others ${maxTries} times while it was to be changed`)
  }

  /** The id has moved to another service. */
  async #leave(id: string, name: string, lease: Int64): Promise<void> {
    await this.#api.transact(this.#leaving(id, name, lease))
  }

  /** Watches tell a deregistration from an expiry by the farewell, which comes with it and lasts as long as the lease. */
  #leaving(id: string, name: string, lease: Int64): readonly Operation[] {
    const goes: Operation = { delete: this.#keys.instance(name, id) }
    return lease === noLease ? [goes] : [{ put: this.#keys.farewell(name, id), value: '', lease }, goes]
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new DiscoveryError('CLIENT_CLOSED', 'The etcd backend is closed')
  }
}
