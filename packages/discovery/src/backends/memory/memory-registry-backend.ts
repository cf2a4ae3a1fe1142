import {
  type Clock,
  type Duration,
  resolveOptions,
  type ServiceFilter,
  type ServiceInstance,
  type ServiceStatus,
  systemClock,
  type TimerHandle,
} from '@hazeljs/core'
import { matches } from '../../filter.js'
import type { RegistryBackend, RegistryListener } from '../registry-backend.js'
import { SharedWatches, type WatchSink } from '../shared-watches.js'
import { Registrations } from './registrations.js'

export interface MemoryBackendOptions {
  /** How long a registration lives without a heartbeat. At least 1 ms. Default 90 s. */
  readonly ttl?: Duration
}

export const defaultMemoryTtlMs = 90_000

/** Keeps registrations in this process: for one process, for development and for tests. */
export class MemoryRegistryBackend implements RegistryBackend {
  readonly ttlMs: number
  readonly #clock: Clock
  readonly #registrations: Registrations
  readonly #sinks = new Map<string, WatchSink>()
  readonly #watches = new SharedWatches((service, sink) => this.#follow(service, sink))
  #expiryTimer: TimerHandle | undefined

  /** @throws {ConfigError} for a ttl that is none. */
  constructor(options: MemoryBackendOptions = {}, clock: Clock = systemClock) {
    this.ttlMs = resolveOptions('MemoryRegistryBackend', (reader) => reader.duration('ttl', defaultMemoryTtlMs, 1), options)
    this.#clock = clock
    this.#registrations = new Registrations(this.ttlMs)
  }

  register(instance: ServiceInstance): Promise<void> {
    this.#expire()
    const moved = this.#registrations.get(instance.id)
    if (moved !== undefined && moved.name !== instance.name) this.#remove(moved)
    this.#registrations.put(instance, this.#clock.now())
    this.#tell(instance.name)
    this.#awaitExpiry()
    return Promise.resolve()
  }

  deregister(id: string): Promise<void> {
    this.#expire()
    const instance = this.#registrations.get(id)
    if (instance !== undefined) this.#remove(instance)
    return Promise.resolve()
  }

  heartbeat(id: string): Promise<boolean> {
    this.#expire()
    return Promise.resolve(this.#registrations.renew(id, this.#clock.now(), this.#clock.wallTime()))
  }

  getInstances(name: string, filter?: ServiceFilter): Promise<readonly ServiceInstance[]> {
    this.#expire()
    const all = this.#registrations.of(name)
    return Promise.resolve(filter === undefined ? all : all.filter((instance) => matches(instance, filter)))
  }

  getInstance(id: string): Promise<ServiceInstance | null> {
    this.#expire()
    return Promise.resolve(this.#registrations.get(id) ?? null)
  }

  getAllServices(): Promise<readonly string[]> {
    this.#expire()
    return Promise.resolve(this.#registrations.names().sort())
  }

  updateStatus(id: string, status: ServiceStatus): Promise<void> {
    this.#expire()
    const instance = this.#registrations.get(id)
    if (instance !== undefined && instance.status !== status) {
      this.#registrations.replace({ ...instance, status })
      this.#tell(instance.name)
    }
    return Promise.resolve()
  }

  cleanup(): Promise<void> {
    this.#expire()
    return Promise.resolve()
  }

  watch(name: string, listener: RegistryListener): () => void {
    const stop = this.#watches.watch(name, listener)
    this.#awaitExpiry()
    return () => {
      stop()
      if (!this.#watches.inUse) this.#stopTimer()
    }
  }

  /** Ends the watches. The registrations stay. */
  close(): Promise<void> {
    this.#watches.close()
    this.#stopTimer()
    return Promise.resolve()
  }

  #follow(service: string, sink: WatchSink): () => void {
    this.#expire()
    this.#sinks.set(service, sink)
    this.#tell(service)
    return () => void this.#sinks.delete(service)
  }

  #tell(service: string, deregistered?: ReadonlySet<string>): void {
    this.#sinks.get(service)?.state(this.#registrations.of(service), deregistered)
  }

  #remove(instance: ServiceInstance): void {
    this.#registrations.delete(instance.id)
    this.#tell(instance.name, new Set([instance.id]))
  }

  #expire(): void {
    const expired = this.#registrations.takeExpired(this.#clock.now())
    for (const name of new Set(expired.map((instance) => instance.name))) this.#tell(name)
  }

  /** Only watchers need to be told at once; everyone else finds out when reading. */
  #awaitExpiry(): void {
    const dueMs = this.#registrations.nextExpiryMs
    if (this.#expiryTimer !== undefined || !this.#watches.inUse || dueMs === Infinity) return
    const onDue = () => {
      this.#expiryTimer = undefined
      this.#expire()
      this.#awaitExpiry()
    }
    this.#expiryTimer = this.#clock.setTimer(onDue, Math.ceil(Math.max(0, dueMs - this.#clock.now())), { background: true })
  }

  #stopTimer(): void {
    this.#clock.clearTimer(this.#expiryTimer)
    this.#expiryTimer = undefined
  }
}

/** The backend of every client and registration of this process that was given none. */
export const defaultMemoryBackend = new MemoryRegistryBackend()
