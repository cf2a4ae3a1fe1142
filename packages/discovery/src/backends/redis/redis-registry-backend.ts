import {
  type Clock,
  guardLogger,
  type ServiceFilter,
  type ServiceInstance,
  type ServiceStatus,
  silentLogger,
  systemClock,
  systemRandom,
} from '@hazeljs/core'
import { matches } from '../../filter.js'
import type { BackendDependencies } from '../backend-dependencies.js'
import { CorruptEntries } from '../entry-reader.js'
import { encodeInstance } from '../instance-record.js'
import type { RegistryBackend, RegistryListener } from '../registry-backend.js'
import { SharedWatches } from '../shared-watches.js'
import { InstanceLocations } from './instance-locations.js'
import { InstanceReader, pairs } from './instance-reader.js'
import { type RedisBackendOptions, resolveRedisBackendOptions } from './options.js'
import { RedisCalls } from './redis-calls.js'
import type { RedisClient } from './redis-client.js'
import { RegistryKeys } from './registry-keys.js'
import {
  deregisterScript,
  expireScript,
  getScript,
  heartbeatScript,
  listScript,
  type RedisScript,
  registerScript,
  replaceScript,
} from './scripts.js'
import { ServiceCalls } from './service-calls.js'
import { ServiceFollower } from './service-follower.js'
import { ServiceIndex } from './service-index.js'
import { Subscriptions } from './subscriptions.js'

/** Keys outlive the last heartbeat by at least this. */
export const minKeyLifeMs = 86_400_000
const ttlsPerKeyLife = 2

/**
 * Keeps registrations in Redis 5 or later, alone, with Sentinel or as a cluster. Leases are counted on the server's clock, every operation on
 * a service is one script, and changes are told to watches as they happen, on a connection that the backend opens for them.
 *
 * The client stays its giver's: who made it closes it. Every call fails within `callTimeout`, with a `DiscoveryError`
 * (`REGISTRY_UNAVAILABLE`, or `REGISTRY_REFUSED` for a user without leave) that says where the server is and what to do. The backend listens to the client's `error` event to know it, so
 * ioredis no longer prints errors of a client to which nobody else listens.
 */
export class RedisRegistryBackend implements RegistryBackend {
  readonly ttlMs: number
  readonly #keys: RegistryKeys
  readonly #calls: RedisCalls
  readonly #subscriptions: Subscriptions
  readonly #corrupt: CorruptEntries
  readonly #watches: SharedWatches
  readonly #index: ServiceIndex
  readonly #locations: InstanceLocations
  readonly #followers = new Map<string, ServiceFollower>()
  readonly #readers = new Map<string, InstanceReader>()
  readonly #lease: readonly [ttl: string, keyLife: string]

  /** @throws {ConfigError} listing everything that is wrong with the options. */
  constructor(redisClient: RedisClient, options: RedisBackendOptions = {}, dependencies: BackendDependencies = {}) {
    const resolved = resolveRedisBackendOptions(redisClient, options)
    const clock: Clock = dependencies.clock ?? systemClock
    const random = dependencies.random ?? systemRandom
    const logger = guardLogger(dependencies.logger ?? silentLogger)
    this.ttlMs = resolved.ttlMs
    this.#lease = [String(Math.ceil(resolved.ttlMs)), String(Math.ceil(Math.max(resolved.ttlMs * ttlsPerKeyLife, minKeyLifeMs)))]
    this.#keys = new RegistryKeys(resolved.keyPrefix, redisClient)
    this.#calls = new RedisCalls(redisClient, resolved.callTimeoutMs, clock)
    this.#subscriptions = new Subscriptions(redisClient, { clock, random, logger })
    this.#corrupt = new CorruptEntries('Redis', dependencies.logger)
    this.#index = new ServiceIndex(this.#calls, this.#keys, clock)
    this.#locations = new InstanceLocations(this.#calls, this.#keys, resolved.ttlMs)
    const shared = { calls: this.#calls, subscriptions: this.#subscriptions, corrupt: this.#corrupt, options: resolved, clock, random }
    this.#watches = new SharedWatches((service, sink) => {
      const follower = new ServiceFollower(service, this.#keys.ofService(service), sink, shared)
      this.#followers.set(service, follower)
      return () => {
        this.#followers.delete(service)
        follower.stop()
      }
    })
  }

  async register(instance: ServiceInstance): Promise<void> {
    const { id, name } = instance
    const before = await this.#locations.put(id, name)
    if (before !== undefined) await this.#ask(before, deregisterScript, id)
    await this.#ask(name, registerScript, ...this.#lease, id, encodeInstance(instance))
    await this.#index.note(name)
  }

  async deregister(id: string): Promise<void> {
    const service = await this.#locations.find(id, (name) => this.#nameIf(name, deregisterScript, id))
    if (service !== undefined) await this.#locations.delete(id, service)
  }

  async heartbeat(id: string): Promise<boolean> {
    const service = await this.#locations.find(id, (name) => this.#nameIf(name, heartbeatScript, ...this.#lease, id))
    if (service === undefined) return false
    await Promise.all([this.#locations.renew(id, service), this.#index.renew(service)])
    return true
  }

  /** After an outage, also those that a watch of this backend still keeps for the length of a lease. */
  async getInstances(name: string, filter?: ServiceFilter): Promise<readonly ServiceInstance[]> {
    const answer = (await this.#ask(name, listScript)) as readonly [unknown, unknown, epoch: string, sequence: string]
    const [entries, leases, epoch, sequence] = answer
    const expiries = pairs(leases)
    const reader = this.#readers.get(name) ?? this.#readerOf(name)
    if (expiries.size > 0) this.#readers.set(name, reader)
    else this.#readers.delete(name)
    const alive = [...reader.readAll(entries).values()].map((instance) => this.#leased(instance, expiries.get(instance.id)))
    const mayLive = this.#followers.get(name)?.mayLive({ count: { epoch, sequence: Number(sequence) }, entries }) ?? []
    const instances = [...alive, ...mayLive.filter(({ id }) => !expiries.has(id))]
    return filter === undefined ? instances : instances.filter((instance) => matches(instance, filter))
  }

  async getInstance(id: string): Promise<ServiceInstance | null> {
    const found = await this.#find(id)
    return found === undefined ? null : this.#leased(found.instance, found.expiry)
  }

  getAllServices(): Promise<readonly string[]> {
    return this.#index.names()
  }

  async updateStatus(id: string, status: ServiceStatus): Promise<void> {
    for (let found = await this.#find(id); found !== undefined; found = await this.#find(id)) {
      const { service, text, instance } = found
      if (instance.status === status) return
      // Not the instance as it was read: whatever else somebody wrote into the entry stays.
      const changed = JSON.stringify({ ...(JSON.parse(text) as object), status })
      if ((await this.#nameIf(service, replaceScript, id, text, changed)) !== undefined) return
    }
  }

  async cleanup(): Promise<void> {
    await Promise.all((await this.#index.names()).map((name) => this.#ask(name, expireScript)))
  }

  watch(name: string, listener: RegistryListener): () => void {
    return this.#watches.watch(name, listener)
  }

  close(): Promise<void> {
    this.#watches.close()
    this.#subscriptions.close()
    this.#calls.close()
    return Promise.resolve()
  }

  async #find(id: string): Promise<FoundInstance | undefined> {
    return this.#locations.find(id, async (service) => {
      const answer = (await this.#ask(service, getScript, id)) as readonly [text: string, expiry: string] | null
      if (answer === null) return undefined
      const [text, expiry] = answer
      const instance = this.#readerOf(service).read(id, text)
      return instance && { service, text, expiry, instance }
    })
  }

  /** The service's name where the script answers 1. */
  async #nameIf(service: string, script: RedisScript, ...args: readonly string[]): Promise<string | undefined> {
    return Number(await this.#ask(service, script, ...args)) === 1 ? service : undefined
  }

  #ask(service: string, script: RedisScript, ...args: readonly string[]): Promise<unknown> {
    return new ServiceCalls(this.#calls, this.#keys.ofService(service)).run(script, ...args)
  }

  #readerOf(service: string): InstanceReader {
    return new InstanceReader(service, this.#keys.ofService(service), this.#corrupt)
  }

  /** The lease says when the last heartbeat was, on the server's clock. */
  #leased(instance: ServiceInstance, expiry: string | undefined): ServiceInstance {
    return Object.freeze({ ...instance, lastHeartbeat: Number(expiry) - this.ttlMs })
  }
}

interface FoundInstance {
  readonly service: string
  readonly text: string
  /** When the lease ends, in milliseconds of the server's clock. */
  readonly expiry: string
  readonly instance: ServiceInstance
}
