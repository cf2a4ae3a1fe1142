import {
  type Clock,
  type Duration,
  Emitter,
  resolveOptions,
  type ServiceFilter,
  type ServiceInstance,
  type ServiceStatus,
  systemClock,
  type TimerHandle,
} from '@hazeljs/core'
import { matches } from '../../filter.js'
import type { RegistryBackend, RegistryEvent, RegistryListener, Removal } from '../registry-backend.js'
import { Registrations } from './registrations.js'

export interface MemoryBackendOptions {
  /** How long a registration lives without a heartbeat. At least 1 ms. Default 90 s. */
  readonly ttl?: Duration
}

export const defaultMemoryTtlMs = 90_000

/** One watch; an emitter, so that a listener that throws hurts nobody else. */
type Watch = Emitter<{ event: RegistryEvent }>

/** Keeps registrations in this process: for one process, for development and for tests. */
export class MemoryRegistryBackend implements RegistryBackend {
  readonly ttlMs: number
  readonly #clock: Clock
  readonly #registrations: Registrations
  readonly #watches = new Map<string, Set<Watch>>()
  /** Events that wait until the listeners of an earlier one have returned: a listener may change the registry itself. */
  readonly #queue: (() => void)[] = []
  #delivering = false
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
    this.#tell(instance.name, [])
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
      this.#tell(instance.name, [])
    }
    return Promise.resolve()
  }

  cleanup(): Promise<void> {
    this.#expire()
    return Promise.resolve()
  }

  watch(name: string, listener: RegistryListener): () => void {
    const watch: Watch = new Emitter()
    let told = false
    watch.on('event', (event) => {
      told = true
      return listener(event)
    })
    const watches = this.#watches.get(name) ?? new Set()
    this.#watches.set(name, watches.add(watch))
    this.#awaitExpiry()
    queueMicrotask(() => {
      if (!told) this.#deliver([watch], this.#snapshot(name, []))
    })
    return () => {
      watch.removeAllListeners()
      watches.delete(watch)
      if (watches.size === 0 && this.#watches.get(name) === watches) this.#watches.delete(name)
      if (this.#watches.size === 0) this.#stopTimer()
    }
  }

  /** Ends the watches. The registrations stay. */
  close(): Promise<void> {
    for (const watch of [...this.#watches.values()].flatMap((watches) => [...watches])) watch.removeAllListeners()
    this.#watches.clear()
    this.#stopTimer()
    return Promise.resolve()
  }

  #remove(instance: ServiceInstance): void {
    this.#registrations.delete(instance.id)
    this.#tell(instance.name, [{ id: instance.id, reason: 'deregistered' }])
  }

  #expire(): void {
    const expired = this.#registrations.takeExpired(this.#clock.now())
    for (const name of new Set(expired.map((instance) => instance.name))) {
      const removed = expired.filter((instance) => instance.name === name)
      this.#tell(
        name,
        removed.map(({ id }) => ({ id, reason: 'expired' })),
      )
    }
  }

  #snapshot(name: string, removed: readonly Removal[]): RegistryEvent {
    return { kind: 'snapshot', instances: this.#registrations.of(name), removed }
  }

  #tell(name: string, removed: readonly Removal[]): void {
    const watches = this.#watches.get(name)
    if (watches !== undefined) this.#deliver([...watches], this.#snapshot(name, removed))
  }

  #deliver(watches: readonly Watch[], event: RegistryEvent): void {
    this.#queue.push(() => watches.forEach((watch) => watch.emit('event', event)))
    if (this.#delivering) return
    this.#delivering = true
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next()
    this.#delivering = false
  }

  /** Only watchers need to be told at once; everyone else finds out when reading. */
  #awaitExpiry(): void {
    const dueMs = this.#registrations.nextExpiryMs
    if (this.#expiryTimer !== undefined || this.#watches.size === 0 || dueMs === Infinity) return
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
