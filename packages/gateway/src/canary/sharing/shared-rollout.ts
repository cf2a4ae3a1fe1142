import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type Clock, type Random, systemRandom, tell, toError } from '@hazeljs/core'
import type { CanaryStore, RolloutReport, StoredRollout } from './canary-store.js'
import { isUnknownRollout } from './canary-store-error.js'
import { PacedTask } from './paced-task.js'
import type { RolloutState, CanaryTally } from '../rollout/rollout.js'
import { isFurther, isSameMove } from '../rollout/rollout-order.js'
import { StoreLink } from './store-link.js'
import { checkStored } from './stored-rollout.js'

/** Who goes by a shared rollout: the engine of one process. */
export interface RolloutHost {
  /** What it goes by now. */
  readonly rollout: RolloutState
  /** What this process counted in the rollout's epoch. */
  readonly ownTally: CanaryTally
  /** From now on this holds: another state, or only more that was counted. The one way in which a shared rollout changes, own proposals included. */
  adopt(stored: StoredRollout): void
  /** This member holds the lease, and `stored`, which was adopted, is fresh: look at the evidence, and maybe propose. */
  lead(stored: StoredRollout): void
  /** The store failed: nothing is decided, and the split stays. Told once an outage. */
  fault(error: Error): void
  /** The store answers again. */
  recovered(): void
}

export interface SharedRolloutOptions {
  readonly clock: Clock
  readonly random?: Random | undefined
  /** Names this process, and no other at the same time. Default: host, process id and something random. */
  readonly member?: string | undefined
  /** How often it reports, ±10 %. Default 1 s. */
  readonly intervalMs?: number | undefined
  /** How long it leads after a report. Default 5 s: the next one decides within 7 s after a leader was killed. */
  readonly leaseMs?: number | undefined
  /** After what was worth to report `soon()`. Default 100 ms. */
  readonly soonMs?: number | undefined
}

export const defaultReportIntervalMs = 1_000
export const defaultLeaseMs = 5_000
export const defaultSoonMs = 100
export const reportJitter = 0.1
/** Pauses between attempts while the store fails double from the first to the last, each ±10 %. */
export const firstRetryMs = 100
export const lastRetryMs = 2_000
/** Before the first answer of the store. */
const unseen = -1

/**
 * One member's part in a rollout that several processes share: it reports what its host counted, tells it what the others know, and whether
 * it leads. Reports never overlap, and hold absolute numbers, so none is lost or counted twice, whatever fails in between.
 *
 * What the store has lost, as after FLUSHALL or a failover, it gets back from the members: see {@link isFurther}.
 */
export class SharedRollout {
  readonly member: string
  readonly #store: CanaryStore
  readonly #id: string
  readonly #host: RolloutHost
  readonly #random: Random
  readonly #intervalMs: number
  readonly #leaseMs: number
  readonly #soonMs: number
  readonly #link: StoreLink
  readonly #reports: PacedTask
  /** The latest that was seen. */
  #revision = unseen
  /** Whether the store is known to have the rollout. */
  #isOpen = false
  #isLeading = false
  #isSoon = false
  #unwatch: (() => void) | undefined
  #closing: Promise<void> | undefined

  constructor(store: CanaryStore, id: string, host: RolloutHost, options: SharedRolloutOptions) {
    this.#store = store
    this.#id = id
    this.#host = host
    this.#random = options.random ?? systemRandom
    this.member = options.member ?? `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`
    this.#intervalMs = options.intervalMs ?? defaultReportIntervalMs
    this.#leaseMs = options.leaseMs ?? defaultLeaseMs
    this.#soonMs = options.soonMs ?? defaultSoonMs
    this.#link = new StoreLink(options.clock, host)
    this.#reports = new PacedTask(
      options.clock,
      () => this.#report(),
      () => this.#pauseMs(),
    )
  }

  /** Whether the store has answered since it last failed. */
  get isConnected(): boolean {
    return this.#link.isConnected
  }

  /** Opens the rollout, watches it, and reports from now on, whatever becomes of the store. */
  connect(): void {
    this.#reports.want(0)
  }

  /** Takes part in leading from now on. */
  start(): void {
    if (this.#isLeading) return
    this.#isLeading = true
    this.#reports.want(0)
  }

  /** Leads no more: the next report, which comes at once, gives the lease up. What is counted is reported further on. */
  stop(): void {
    if (!this.#isLeading) return
    this.#isLeading = false
    this.#reports.want(0)
  }

  /** Something happened that the others should know soon, such as an error. Many such calls are one report. */
  soon(): void {
    if (this.#isSoon || !this.isConnected) return
    this.#isSoon = true
    this.#reports.want(this.#soonMs)
  }

  /**
   * Makes `next` the rollout of all, if nobody was faster. `true`: it stands in the store, and the host has adopted it. `false`: it does not,
   * as far as is known, and the host has adopted what does; or the store failed. Never rejects.
   *
   * @param asLeader only if this member holds the lease
   */
  async propose(next: RolloutState, asLeader: boolean): Promise<boolean> {
    const known = this.#revision
    if (known === unseen || this.#closing !== undefined) return false
    try {
      const stored = await this.#update(known, next, asLeader ? this.member : undefined)
      if (stored !== undefined) {
        this.#hear(stored)
        return true
      }
    } catch (error) {
      this.#failed(error)
      return false
    }
    // The report under way may have been answered before somebody was faster.
    await this.#reports.now()
    await this.#reports.now()
    return false
  }

  /** Gives the lease up with a last report, and hears no more. Never rejects; while the store is away it waits for one call at most. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#isLeading = false
    this.#link.close()
    const unwatch = this.#unwatch
    if (unwatch !== undefined) tell('The end of a watch', unwatch)
    await this.#reports.end()
    // That it fails is to nobody's harm: the lease ends by itself.
    if (this.isConnected) await this.#tellNews().catch(() => undefined)
  }

  async #report(): Promise<void> {
    this.#isSoon = false
    try {
      this.#unwatch ??= this.#store.watch(this.#id, (stored) => {
        if (this.#closing === undefined) tell('What a watch told of a rollout', () => this.#hear(checkStored(stored)))
      })
      if (!this.#isOpen) await this.#open()
      const known = this.#revision
      await this.#take(await this.#tellNews(), known)
    } catch (error) {
      this.#failed(error)
    }
  }

  /** With what the host knows, which is the configuration's first weight only where nothing else was ever heard of. */
  async #open(): Promise<void> {
    const known = this.#revision
    const stored = await this.#link.call(async () => checkStored(await this.#store.open(this.#id, this.#host.rollout)))
    this.#isOpen = true
    await this.#take(stored, known)
  }

  #failed(error: unknown): void {
    if (isUnknownRollout(toError(error))) {
      this.#isOpen = false
      this.#reports.want(this.#soonMs)
    } else this.#link.failed(error)
  }

  #tellNews(): Promise<StoredRollout> {
    const { rollout, ownTally } = this.#host
    const leaseMs = this.#isLeading ? this.#leaseMs : 0
    const news: RolloutReport = { member: this.member, epoch: rollout.epoch, tally: ownTally, leaseMs }
    return this.#link.call(async () => checkStored(await this.#store.report(this.#id, news)))
  }

  #update(revision: number, next: RolloutState, leader?: string): Promise<StoredRollout | undefined> {
    return this.#link.call(async () => {
      const stored = await this.#store.update(this.#id, revision, next, leader)
      return stored && checkStored(stored)
    })
  }

  /** @param known the latest revision when the store was asked */
  async #take(stored: StoredRollout, known: number): Promise<void> {
    const isLate = stored.revision < this.#revision
    // What was told meanwhile is newer than this answer; the next one will be fresh.
    if (this.#closing !== undefined || (isLate && stored.revision >= known)) return
    const { rollout } = this.#host
    const isOlder = isLate || (stored.revision === this.#revision && !isSameMove(stored.rollout, rollout))
    if (isFurther(rollout, stored.rollout) || (isOlder && !isFurther(stored.rollout, rollout))) return this.#putBack(stored, rollout)
    this.#adopt(stored)
    if (this.#isLeading && stored.leader === this.member) this.#host.lead(stored)
  }

  /** The store has lost what the host knows, or never got what was done by hand. */
  async #putBack({ revision }: StoredRollout, rollout: RolloutState): Promise<void> {
    this.#revision = revision
    const stored = await this.#update(revision, rollout)
    if (stored !== undefined) this.#hear(stored)
    this.#reports.want(this.#soonMs)
  }

  /** Of a change that somebody made. */
  #hear(stored: StoredRollout): void {
    if (stored.revision <= this.#revision) return
    if (isFurther(this.#host.rollout, stored.rollout)) this.soon()
    else this.#adopt(stored)
  }

  #adopt(stored: StoredRollout): void {
    this.#revision = stored.revision
    this.#host.adopt(stored)
  }

  #pauseMs(): number {
    const { failures } = this.#link
    const pauseMs = failures > 0 ? Math.min(firstRetryMs * 2 ** (failures - 1), lastRetryMs) : this.#intervalMs
    return pauseMs * (1 + reportJitter * (2 * this.#random.next() - 1))
  }
}
