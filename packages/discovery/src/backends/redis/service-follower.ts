import { type Clock, type Random, type ServiceInstance, type TimerHandle, toError } from '@hazeljs/core'
import { coalesced } from '../coalesced.js'
import type { CorruptEntries } from '../entry-reader.js'
import type { WatchSink } from '../shared-watches.js'
import { type Change, readChange } from './change-message.js'
import { InstanceReader } from './instance-reader.js'
import type { ResolvedRedisBackendOptions } from './options.js'
import type { RedisCalls } from './redis-calls.js'
import type { ServiceKeys } from './registry-keys.js'
import { ServiceCalls, type SyncAnswer } from './service-calls.js'
import { type ServiceListing, ServiceState } from './service-state.js'
import type { ChannelListener, Subscriptions } from './subscriptions.js'

export interface FollowerDependencies {
  readonly calls: RedisCalls
  readonly subscriptions: Subscriptions
  readonly corrupt: CorruptEntries
  readonly options: ResolvedRedisBackendOptions
  readonly clock: Clock
  readonly random: Random
}

/** Watches of many clients are spread by this share of the interval, either way. */
export const resyncJitter = 0.2
/** Every so many resyncs all instances are read, though the registry counts no change: somebody may have edited an entry by hand. */
export const resyncsPerListing = 10
/** After a call that failed it is tried again in this time, or at the next resync where that is sooner. */
export const retryAfterMs = 1_000
/** A lease that ends is asked for this much later, so that its end is over on the server's clock too. */
const expirySlackMs = 2
/** An outage shorter than this part of a lease costs nobody the lease: heartbeats come three times in it. */
export const harmlessOutage = 1 / 3

/** Follows one service: a listing, then the changes as they are told, and listings again where changes may have been missed. */
export class ServiceFollower implements ChannelListener {
  readonly #keys: ServiceKeys
  readonly #sink: WatchSink
  readonly #dependencies: FollowerDependencies
  readonly #calls: ServiceCalls
  readonly #state: ServiceState
  #connected = false
  #current = false
  #call: 'none' | 'running' | 'outdated' = 'none'
  #waiting: Change[] = []
  #resyncs = 0
  /** The last change of a listing that showed that changes had not been told. */
  #untold: number | undefined
  #contactAtMs: number
  #outageSinceMs: number | undefined
  #resyncAtMs = Infinity
  #expiryAtMs = Infinity
  #timer: TimerHandle | undefined
  #stopped = false
  /** Changes that come together are told together: to tell one costs listeners as much as there are instances. */
  readonly #tellSoon = coalesced(() => this.#current && !this.#stopped && this.#tell())

  constructor(service: string, keys: ServiceKeys, sink: WatchSink, dependencies: FollowerDependencies) {
    this.#keys = keys
    this.#sink = sink
    this.#dependencies = dependencies
    this.#calls = new ServiceCalls(dependencies.calls, keys)
    this.#state = new ServiceState(new InstanceReader(service, keys, dependencies.corrupt), dependencies.options.ttlMs)
    this.#contactAtMs = dependencies.clock.now()
    this.#outageSinceMs = this.#contactAtMs
    dependencies.subscriptions.add(keys.channel, this)
  }

  stop(): void {
    this.#stopped = true
    this.#connected = false
    this.#dependencies.clock.clearTimer(this.#timer)
    this.#dependencies.subscriptions.remove(this.#keys.channel)
  }

  /**
   * Those that may live though a listing, which somebody made just now, may lack them: while an outage goes on, for the length of a lease after
   * it, and where the registry has lost what this watch knows.
   */
  mayLive(listing: ServiceListing): readonly ServiceInstance[] {
    const nowMs = this.#dependencies.clock.now()
    const isDoubtful = this.#isOutage(nowMs) || !this.#state.isContinuedBy(listing, nowMs)
    return isDoubtful ? this.#state.instances : []
  }

  message(text: string): void {
    try {
      this.#receive(readChange(text))
    } catch (error) {
      this.#dependencies.corrupt.report(`what was published on ${this.#keys.channel}`, toError(error))
    }
  }

  connected(): void {
    this.#connected = true
    this.#waiting = []
    this.#untold = undefined
    this.#state.forgetHeard()
    this.#list()
  }

  disconnected(error: Error): void {
    this.#connected = false
    this.#fail(error)
  }

  /** A listing says where it stands among the changes, so those that come while it is made are looked at after it. */
  #receive(change: Change): void {
    if (this.#call !== 'none') this.#waiting.push(change)
    else if (this.#current) this.#apply(change)
  }

  #apply(change: Change): void {
    const nowMs = this.#dependencies.clock.now()
    this.#contactAtMs = nowMs
    if (this.#untold !== undefined && change.sequence >= this.#untold) this.#untold = undefined
    const outcome = this.#state.apply(change, nowMs)
    if (outcome === 'contained') return
    if (outcome === 'lost') {
      this.#list()
      return
    }
    this.#expiryAtMs = expiryAt(nowMs, change.untilExpiryMs)
    this.#tellSoon()
  }

  /** Reads all instances. */
  #list(): void {
    this.#current = false
    this.#sync()
  }

  /** Asks for what changed: for all instances where anything did, or where the state may be wrong. One call at a time. */
  #sync(): void {
    if (this.#call !== 'none') {
      this.#call = 'outdated'
      return
    }
    this.#call = 'running'
    this.#calls.sync(this.#current ? this.#state.count : undefined).then(
      (answer) => this.#onSynced(answer),
      (error: unknown) => {
        this.#call = 'none'
        this.#waiting = []
        this.#fail(toError(error))
      },
    )
  }

  #onSynced({ untilExpiryMs, listing }: SyncAnswer): void {
    const isOutdated = this.#call === 'outdated'
    this.#call = 'none'
    if (!this.#connected) return
    if (isOutdated) {
      this.#list()
      return
    }
    const { clock, options } = this.#dependencies
    const nowMs = clock.now()
    this.#expiryAtMs = expiryAt(nowMs, untilExpiryMs)
    this.#resyncAtMs = nowMs + this.#jittered(options.resyncIntervalMs)
    if (listing === undefined) this.#arm()
    else this.#adopt(listing, nowMs)
    this.#contactAtMs = nowMs
    const waiting = this.#waiting
    this.#waiting = []
    for (const change of waiting) this.#receive(change)
  }

  #adopt(listing: ServiceListing, nowMs: number): void {
    const { sequence } = listing.count
    if (this.#current && sequence !== this.#state.count?.sequence) this.#untold = sequence
    for (const change of this.#waiting) this.#state.noteReason(change)
    this.#state.adopt(listing, nowMs, this.#isOutage(nowMs))
    this.#current = true
    this.#outageSinceMs = undefined
    this.#tell()
  }

  /** Whether the registry has been away for so long that leases may have ended for want of it. */
  #isOutage(nowMs: number): boolean {
    return this.#outageSinceMs !== undefined && nowMs - this.#outageSinceMs >= this.#dependencies.options.ttlMs * harmlessOutage
  }

  #fail(error: Error): void {
    if (this.#stopped) return
    const { clock, options } = this.#dependencies
    this.#current = false
    this.#outageSinceMs ??= this.#contactAtMs
    this.#expiryAtMs = Infinity
    const retryMs = this.#jittered(Math.min(retryAfterMs, options.resyncIntervalMs))
    this.#resyncAtMs = this.#connected ? clock.now() + retryMs : Infinity
    this.#arm()
    this.#sink.failed(error)
  }

  #tell(): void {
    this.#arm()
    this.#sink.state(this.#state.instances, this.#state.takeDeregistered())
  }

  #arm(): void {
    const { clock } = this.#dependencies
    clock.clearTimer(this.#timer)
    const dueMs = Math.min(this.#resyncAtMs, this.#expiryAtMs, this.#state.lingerEndsAtMs)
    if (this.#stopped || dueMs === Infinity) return
    this.#timer = clock.setTimer(() => this.#onTimer(), dueMs - clock.now(), { background: true })
  }

  #onTimer(): void {
    const nowMs = this.#dependencies.clock.now()
    if (nowMs >= this.#state.lingerEndsAtMs) {
      this.#state.endLingering()
      this.#tell()
    } else if (nowMs >= this.#resyncAtMs) {
      this.#resync()
    } else if (nowMs >= this.#expiryAtMs) {
      this.#expiryAtMs = Infinity
      this.#calls.expire().then(
        (untilExpiryMs) => this.#onExpired(untilExpiryMs),
        (error: unknown) => this.#fail(toError(error)),
      )
    }
    this.#arm()
  }

  #resync(): void {
    this.#resyncAtMs = Infinity
    this.#resyncs++
    if (this.#untold !== undefined) this.#dependencies.subscriptions.reconnect()
    else if (this.#resyncs % resyncsPerListing === 0) this.#list()
    else this.#sync()
  }

  /** Who has expired is told to all as a change. */
  #onExpired(untilExpiryMs: number): void {
    if (!this.#connected) return
    this.#expiryAtMs = Math.min(this.#expiryAtMs, expiryAt(this.#dependencies.clock.now(), untilExpiryMs))
    this.#arm()
  }

  #jittered(ms: number): number {
    return ms * (1 + resyncJitter * (2 * this.#dependencies.random.next() - 1))
  }
}

function expiryAt(nowMs: number, untilExpiryMs: number): number {
  return untilExpiryMs < 0 ? Infinity : nowMs + untilExpiryMs + expirySlackMs
}
