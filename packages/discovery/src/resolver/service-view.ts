import { type Clock, type Random, type ServiceInstance, type TimerHandle, toError } from '@hazeljs/core'
import { answerWithin } from '../backends/answer-within.js'
import type { RegistryBackend, RegistryEvent } from '../backends/registry-backend.js'
import { DiscoveryError } from '../errors.js'
import type { ServiceChange } from '../events.js'
import type { CheckObserver } from '../health/active/checked-hosts.js'
import type { OutlierObserver } from '../health/outlier/ejection.js'
import type { HostHealth } from '../health/outlier/host-health.js'
import type { LoadBalancer } from '../load-balancers/load-balancer.js'
import { listingFailure } from './listing-failure.js'
import { ShrinkGuard } from './shrink-guard.js'
import { difference, type Snapshot, toSnapshot } from './snapshot.js'
import { Subsets } from './subset.js'
import { type HealthOptions, type ViewHealth, viewHealth } from './view-health.js'

export interface ViewOptions {
  readonly cacheEnabled: boolean
  readonly cacheTtlMs: number
  readonly refreshIntervalMs: number
  readonly health: HealthOptions
  readonly makeBalancer: (strategy: string, hostHealth: HostHealth | undefined) => LoadBalancer
}

export interface ViewObserver extends Required<OutlierObserver>, CheckObserver {
  changed(change: ServiceChange): void
  /** The registry began to fail. */
  stale(error: Error): void
  /** Nobody has asked for the service for long; the view is closed. */
  idle(): void
}

/** A service that nobody asks for is no longer watched after this time. */
export const idleAfterMs = 300_000
/** Refreshes of many clients are spread by this share of the interval, either way. */
export const refreshJitter = 0.1

/** What one client knows of one service: kept current by a watch, or by listing while there is none, and never lost to a failing registry. */
export class ServiceView {
  readonly subsets: Subsets
  readonly #name: string
  readonly #backend: RegistryBackend
  readonly #options: ViewOptions
  readonly #observer: ViewObserver
  readonly #clock: Clock
  readonly #random: Random
  readonly #guard = new ShrinkGuard()
  readonly #health: ViewHealth | undefined
  #snapshot: Snapshot | undefined
  #listedAtMs = -Infinity
  #usedAtMs = -Infinity
  #listing: Promise<void> | undefined
  #stopWatch: (() => void) | undefined
  /** Whether the watch delivers. */
  #live = false
  /** Counts what the watch told, so that a listing that is overtaken by it can be seen to be old. */
  #watchEvents = 0
  #failing = false
  #forgotten = false
  #pickers = 0
  #timer: TimerHandle | undefined
  #closed = false

  constructor(name: string, backend: RegistryBackend, options: ViewOptions, observer: ViewObserver, clock: Clock, random: Random) {
    this.#name = name
    this.#backend = backend
    this.#options = options
    this.#observer = observer
    this.#clock = clock
    this.#random = random
    this.#health = viewHealth(options.health, clock, random, () => this.subsets, observer)
    this.subsets = new Subsets((strategy) => options.makeBalancer(strategy, this.#health))
  }

  get known(): boolean {
    return this.#snapshot !== undefined
  }

  get closed(): boolean {
    return this.#closed
  }

  /** As fresh as the options ask for; the last known when the registry fails. */
  async current(): Promise<Snapshot> {
    this.#usedAtMs = this.#clock.now()
    if (this.#options.cacheEnabled) this.#follow()
    if (!this.#isFresh()) await this.#listOrKeep()
    return this.#snapshot ?? []
  }

  /** Keeps the service watched until {@link unpin}. */
  pin(): void {
    this.#pickers++
    this.#follow()
    if (this.#snapshot === undefined) this.#list().catch(reported)
  }

  unpin(): void {
    this.#pickers--
    if (this.#pickers > 0) return
    if (!this.#options.cacheEnabled) this.#unfollow()
    if (this.#isIdle()) this.#retire()
  }

  async whenKnown(): Promise<void> {
    if (this.#snapshot === undefined && !this.#closed) await this.#listOrKeep()
    if (this.#closed) throw new DiscoveryError('CLIENT_CLOSED', 'The discovery client was closed before the instances were known')
  }

  /** The next read lists anew, watched or not. */
  forget(): void {
    this.#forgotten = true
  }

  close(): void {
    this.#closed = true
    this.#unfollow()
    this.#health?.close()
  }

  #isFresh(): boolean {
    if (!this.#options.cacheEnabled || this.#snapshot === undefined || this.#forgotten) return false
    return this.#live || this.#clock.now() - this.#listedAtMs <= this.#options.cacheTtlMs
  }

  /** Watches where the backend can, and looks after the watch. */
  #follow(): void {
    if (this.#closed) return
    this.#startWatch()
    this.#timer ??= this.#nextRefresh()
  }

  #unfollow(): void {
    this.#stopWatch?.()
    this.#stopWatch = undefined
    this.#live = false
    this.#clock.clearTimer(this.#timer)
    this.#timer = undefined
  }

  #startWatch(): void {
    if (this.#stopWatch !== undefined) return
    try {
      this.#stopWatch = this.#backend.watch?.(this.#name, (event) => this.#onEvent(event))
    } catch (error) {
      this.#fail(toError(error))
    }
  }

  #onEvent(event: RegistryEvent): void {
    if (this.#closed) return
    if (event.kind === 'failure') {
      this.#live = false
      this.#fail(event.error)
      return
    }
    this.#watchEvents++
    this.#live = true
    const deregistered = event.removed.filter(({ reason }) => reason === 'deregistered').map(({ id }) => id)
    this.#admit(event.instances, new Set(deregistered), false)
  }

  #nextRefresh(): TimerHandle {
    const delayMs = this.#options.refreshIntervalMs * (1 + refreshJitter * (2 * this.#random.next() - 1))
    return this.#clock.setTimer(() => this.#refresh(), delayMs, { background: true })
  }

  #refresh(): void {
    this.#timer = undefined
    if (this.#isIdle()) {
      this.#retire()
      return
    }
    this.#startWatch()
    if (!this.#live || this.#guard.doubts) this.#list().catch(reported)
    this.#timer = this.#nextRefresh()
  }

  #isIdle(): boolean {
    return this.#pickers === 0 && this.#clock.now() - this.#usedAtMs >= idleAfterMs
  }

  #retire(): void {
    this.close()
    this.#observer.idle()
  }

  async #listOrKeep(): Promise<void> {
    try {
      await this.#list()
    } catch (error) {
      if (this.#snapshot === undefined) throw error
    }
  }

  /** One listing at a time, shared by all who need it. */
  #list(): Promise<void> {
    this.#listing ??= this.#listAnew().finally(() => {
      this.#listing = undefined
    })
    return this.#listing
  }

  async #listAnew(): Promise<void> {
    const eventsBefore = this.#watchEvents
    const doubtedBefore = this.#guard.doubts
    this.#forgotten = false
    try {
      const instances = await answerWithin(this.#clock, () => this.#backend.getInstances(this.#name))
      this.#listedAtMs = this.#clock.now()
      const overtaken = this.#live && this.#watchEvents !== eventsBefore
      if (!overtaken) this.#admit(instances, new Set(), doubtedBefore || !this.#options.cacheEnabled)
    } catch (error) {
      this.#fail(toError(error))
      throw listingFailure(`the instances of ${this.#name}`, error)
    }
  }

  #admit(told: readonly ServiceInstance[], deregistered: ReadonlySet<string>, confirms: boolean): void {
    this.#failing = false
    const before = this.#snapshot
    const named = toSnapshot(told, before)
    const after = before === undefined ? named : this.#guard.admit(before, { instances: named, deregistered, confirms })
    const { added, removed, changed } = difference(before ?? [], after)
    this.#snapshot = after
    if (!changed || this.#closed) return
    this.#health?.update(after)
    this.subsets.update(after)
    this.#observer.changed({ service: this.#name, added, removed, instances: after })
  }

  #fail(error: Error): void {
    if (this.#failing || this.#closed) return
    this.#failing = true
    this.#observer.stale(error)
  }
}

/** For listings in the background: their failure was told to the observer. */
function reported(): void {
  // nothing is left to do
}
