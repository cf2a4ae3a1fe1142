import { type Clock, type Random, type TimerHandle, toError } from '@hazeljs/core'
import { DiscoveryError } from '../../errors.js'
import type { WatchSink } from '../shared-watches.js'
import { type EtcdApi, isRefusedWith, next, type WatchMessage } from './etcd-api.js'
import type { EtcdEntries } from './etcd-entries.js'
import { grpcCode } from './etcd-errors.js'
import type { EtcdKeys } from './etcd-keys.js'
import { FollowedService } from './followed-service.js'
import { QuietLimit } from './quiet-limit.js'

export interface WatchTools {
  readonly api: EtcdApi
  readonly keys: EtcdKeys
  readonly entries: EtcdEntries
  readonly clock: Clock
  readonly random: Random
  readonly idleMs: number
  readonly ttlMs: number
}

const basePauseMs = 50
/** A registry that is back is noticed within this time. */
const maxPauseMs = 5_000
/** The end of a stream that lived so long is nothing unusual. */
const steadyMs = 5_000
/** So that the watches that began together do not go on asking together. */
const idleJitter = 0.2

/**
 * Follows a service: lists it at a revision, and watches it from the next. A watch that ended goes on where it was, if etcd still has that
 * history and it is the one that was followed; otherwise the service is listed anew.
 */
export class ServiceWatch {
  readonly #name: string
  readonly #sink: WatchSink
  readonly #tools: WatchTools
  readonly #stop = new AbortController()
  #service: FollowedService | undefined
  /** When the present stream began to deliver. */
  #deliversSinceMs: number | undefined
  #wasCompacted = false
  /** Until when instances may return that etcd has lost. */
  #returnTimer: TimerHandle | undefined
  #failures = 0
  #toldFailure = false

  constructor(name: string, sink: WatchSink, tools: WatchTools) {
    this.#name = name
    this.#sink = sink
    this.#tools = tools
    void this.#run()
  }

  stop(): void {
    this.#stop.abort()
    this.#tools.clock.clearTimer(this.#returnTimer)
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted
  }

  async #run(): Promise<void> {
    while (!this.#isStopped()) {
      try {
        this.#deliversSinceMs = undefined
        await this.#follow(await this.#synchronized())
        this.#failures = 0
      } catch (thrown) {
        if (this.#isStopped()) return
        this.#onFailure(toError(thrown))
        await this.#pause()
      }
    }
  }

  /** What etcd's history goes on from. */
  async #synchronized(): Promise<FollowedService> {
    const before = this.#service
    const history = before === undefined || this.#wasCompacted ? 'forgotten' : await this.#historySince(before)
    if (before !== undefined && history === 'same') {
      if (this.#toldFailure) this.#awaitReturns(before)
      return before
    }
    const { api, keys, entries } = this.#tools
    const service = new FollowedService(this.#name, keys, entries, await api.list(keys.service(this.#name)))
    const wasAway = this.#toldFailure || history === 'another'
    if (before !== undefined) service.keep(wasAway ? before.instances() : before.missed)
    if (before !== undefined && wasAway) this.#awaitReturns(service)
    this.#service = service
    this.#wasCompacted = false
    this.#tellState(service.deregistered)
    return service
  }

  /**
   * A watch from a revision that does not exist yet is silent for long, and an etcd that lost its data would be asked for one. So it is asked
   * first for something that was known: an entry's revision and lease are as good as a signature.
   */
  async #historySince(service: FollowedService): Promise<'same' | 'forgotten' | 'another'> {
    const witness = service.witness()
    if (witness === undefined) return 'forgotten'
    try {
      const found = await this.#tools.api.get(witness.key, service.revision)
      return found?.modRevision === witness.modRevision && found.lease === witness.lease ? 'same' : 'another'
    } catch (error) {
      if (isRefusedWith(error, grpcCode.outOfRange)) return toError(error).message.includes('future') ? 'another' : 'forgotten'
      throw error
    }
  }

  /**
   * Whose lease ran out while etcd was away, or was lost with etcd's data, may be as well as before, and will register anew with its next
   * heartbeat: it has as long as a lease lasts.
   */
  #awaitReturns(service: FollowedService): void {
    const { clock, ttlMs } = this.#tools
    service.spareExpired()
    const onDue = () => {
      this.#service?.forgetMissed()
      if (!this.#isStopped() && !this.#toldFailure) this.#tellState()
    }
    clock.clearTimer(this.#returnTimer)
    this.#returnTimer = clock.setTimer(onDue, ttlMs, { background: true })
  }

  /** Resolves when the stream was quiet for so long that it is to be opened anew; throws what ended it otherwise. */
  async #follow(service: FollowedService): Promise<void> {
    const { api, clock, keys, idleMs, random } = this.#tools
    const quiet = new QuietLimit(clock, idleMs * (1 - idleJitter * random.next()), this.#stop.signal)
    try {
      const messages = await api.watch(keys.service(this.#name), next(service.revision), quiet.signal, () => quiet.heard())
      quiet.heard()
      for await (const message of messages) this.#take(service, message)
      throw new Error('etcd ended the stream')
    } catch (error) {
      if (!quiet.isOver || this.#deliversSinceMs === undefined) throw error
    } finally {
      quiet.end()
    }
  }

  #take(service: FollowedService, message: WatchMessage): void {
    switch (message.kind) {
      case 'created':
        this.#deliversSinceMs = this.#tools.clock.now()
        if (this.#toldFailure) this.#tellState()
        return
      case 'changes':
        this.#tellState(service.apply(message.changes))
        return
      case 'progress':
        service.advance(message.revision)
        return
      case 'compacted':
        this.#wasCompacted = true
        throw new Error(`etcd has forgotten what came after revision ${service.revision}`)
    }
  }

  #tellState(deregistered?: ReadonlySet<string>): void {
    this.#toldFailure = false
    this.#sink.state(this.#service?.instances() ?? [], deregistered)
  }

  /** A stream that breaks says little about etcd. Listeners are told when it does not come back at once. */
  #onFailure(error: Error): void {
    const { clock } = this.#tools
    const wasSteady = this.#deliversSinceMs !== undefined && clock.now() - this.#deliversSinceMs >= steadyMs
    this.#failures = wasSteady ? 1 : this.#failures + 1
    const isFromEtcd = error instanceof DiscoveryError
    if (!isFromEtcd && this.#failures === 1) return
    this.#toldFailure = true
    const message = `The watch of ${this.#name} in etcd broke: ${error.message}`
    this.#sink.failed(isFromEtcd ? error : new DiscoveryError('REGISTRY_UNAVAILABLE', message, { cause: error }))
  }

  /** With full jitter: clients that lost etcd together do not return together. */
  #pause(): Promise<void> {
    const { clock, random } = this.#tools
    const { signal } = this.#stop
    const delayMs = random.next() * Math.min(maxPauseMs, basePauseMs * 2 ** this.#failures)
    return new Promise((resolve) => {
      const end = () => {
        clock.clearTimer(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = clock.setTimer(end, delayMs, { background: true })
      signal.addEventListener('abort', end)
    })
  }
}
