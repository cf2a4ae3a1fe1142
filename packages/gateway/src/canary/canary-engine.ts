import {
  type Clock,
  ConfigError,
  durationMs,
  Emitter,
  guardClock,
  type ListenerErrorHandler,
  type Random,
  systemClock,
  systemRandom,
} from '@hazeljs/core'
import { checkCanary } from '../config/check.js'
import type { CanaryConfig } from '../config/canary-config.js'
import { ArmWindows } from './arm-windows.js'
import { Assigner } from './assignment/assigner.js'
import { type Assignment, noBucket } from './assignment/assignment.js'
import type { CanaryStore } from './sharing/canary-store.js'
import type { CanaryEvents } from './canary-events.js'
import type { CanaryArmName, CanaryMetrics } from './canary-metrics.js'
import { type CanaryStatus, canaryStatus } from './canary-status.js'
import type { CanaryDecision } from './decisions.js'
import { type JudgingRules, judgingRules } from './judge/judging-rules.js'
import type { MirrorDiffCount } from './judge/evidence.js'
import { RolloutControl } from './rollout-control.js'

/** What an engine works with; each has a default. */
export interface CanaryEngineOptions {
  readonly clock?: Clock
  readonly random?: Random
  /** Told when a listener throws. Default: a warning of the process. */
  readonly onListenerError?: ListenerErrorHandler
  /** What a mirror's comparisons have found so far; needed by `promotion.maxMirrorDiffRate`. */
  readonly mirrorDiff?: () => MirrorDiffCount
  /**
   * Keeps the rollout over restarts, and shares it with the engines of other processes that have the same `id`: together they count, one of them
   * decides. Until it has answered, all requests go to stable; while it does not answer, the split stays as it is and nothing is decided.
   */
  readonly store?: CanaryStore
  /** Names the rollout, in the store and where keys are assigned to arms. Default: both versions. */
  readonly id?: string
}

/** A request, as far as assignments go by it. */
export interface CanaryRequest {
  readonly headers?: Readonly<Record<string, string>>
  readonly clientIp?: string
}

/**
 * Splits traffic between a stable version and a canary, and judges the canary by what becomes of its requests: takes the next of the `steps`
 * when it is shown to be as good as stable, and gives everything back to stable when it is shown to be worse. The split holds from the start;
 * judging runs between `start()` and `stop()`. At any moment it can be moved by hand.
 *
 * How it decides: docs/guides/how-the-canary-decides.md.
 */
export class CanaryEngine {
  /** As it was given: checked, copied and frozen. */
  readonly config: CanaryConfig
  readonly #rules: JudgingRules
  readonly #assigner: Assigner
  readonly #events: Emitter<CanaryEvents>
  readonly #windows: ArmWindows
  readonly #control: RolloutControl

  /** @throws ConfigError that lists every problem of `config`. */
  constructor(config: CanaryConfig, options: CanaryEngineOptions = {}) {
    this.config = checkCanary(config)
    const { promotion, stable, canary } = this.config
    const { mirrorDiff, id = `${stable.version}→${canary.version}` } = options
    if (promotion.maxMirrorDiffRate !== undefined && mirrorDiff === undefined)
      throw new ConfigError('CanaryEngine', [
        {
          path: 'promotion.maxMirrorDiffRate',
          message: 'needs a mirror that compares: trafficPolicy.mirror.diff, or the option mirrorDiff',
        },
      ])
    const clock = guardClock(options.clock ?? systemClock)
    this.#rules = judgingRules(this.config)
    const random = options.random ?? systemRandom
    this.#assigner = new Assigner(this.config, id, random)
    this.#events = new Emitter<CanaryEvents>(options.onListenerError)
    this.#windows = new ArmWindows(durationMs(promotion.evaluationWindow) ?? this.#rules.stepIntervalMs, clock)
    this.#control = new RolloutControl({
      config: this.config,
      rules: this.#rules,
      clock,
      events: this.#events,
      windows: this.#windows,
      mirrorDiff,
      sharing: options.store && { store: options.store, id, random },
    })
  }

  /** Which arm serves the next request: one of a certain client, where `stickyBy` or `override` tell them apart. */
  selectVersion({ headers = {}, clientIp = '' }: CanaryRequest = {}): CanaryArmName {
    return this.assign(Object.entries(headers).flat(), clientIp).arm
  }

  /** The same for a request as it arrived, with what becomes of it to be {@link record}ed. Counts nothing. */
  assign(rawHeaders: readonly string[], clientIp: string): Assignment {
    const { live, isSplit } = this.#control
    return this.#assigner.assign(rawHeaders, clientIp, live.splitWeight, live.splitEpoch, isSplit)
  }

  /** The canary can't serve a request that was assigned to it: stable does, and the canary's next step waits. */
  divert(): void {
    this.#control.diversions.note()
  }

  /** What became of a request that was assigned, as its client saw it. */
  record(assignment: Assignment, outcome: 'success' | 'failure', ms: number, error?: unknown): void {
    this.#windows.record(assignment.arm, outcome, ms, error)
    this.#control.count(assignment, outcome, ms)
  }

  /** A call of an arm succeeded after `ms` milliseconds. @throws RangeError for an arm or a time that is none. */
  recordSuccess(arm: CanaryArmName, ms: number): void {
    this.record(this.#drawn(arm), 'success', ms)
  }

  /**
   * A call of an arm failed after `ms` milliseconds. A rollback that follows from it is done, and told to listeners, when this returns.
   *
   * @throws RangeError for an arm or a time that is none.
   */
  recordFailure(arm: CanaryArmName, ms: number, error?: unknown): void {
    this.record(this.#drawn(arm), 'failure', ms, error)
  }

  /** Begins to judge. Starting twice is starting once. Judging does not keep the process alive. */
  start(): void {
    this.#control.start()
  }

  /** Ends judging; the split stays as it is. Stopping twice is stopping once. */
  stop(): void {
    this.#control.stop()
  }

  /** Stops, and lets go of the store, which others may go on with. */
  close(): Promise<void> {
    return this.#control.close()
  }

  /**
   * Freezes the canary at its weight: it takes no step by itself, and is still rolled back when it does harm. Does nothing to a canary that is
   * promoted or rolled back.
   */
  pause(): void {
    this.#control.pause()
  }

  /** The step begins anew, and what was counted before stays evidence against the canary. @throws CanaryStateError after a rollback. */
  resume(): void {
    this.#control.resume()
  }

  /**
   * Raises the weight to the next step, or with `full` to 100 at once, whatever the evidence. A paused canary stays paused below 100. Does
   * nothing to a canary that is promoted.
   *
   * @throws CanaryStateError after a rollback.
   */
  promote(options: { readonly full?: boolean } = {}): void {
    this.#control.promote(options.full === true)
  }

  /** Gives all the traffic to stable, for good. Does nothing to a canary that is rolled back already. */
  rollback(): void {
    this.#control.rollback()
  }

  /** Where the rollout stands and what it waits for, as judged now. */
  getStatus(): CanaryStatus {
    const { verdict, evidence } = this.#control.judge.preview()
    return canaryStatus({
      config: this.config,
      rules: this.#rules,
      rollout: this.#control.state,
      running: this.#control.running,
      leads: this.#control.live.leads,
      storeAnswers: this.#control.live.storeAnswers,
      evidence,
      verdict,
      requestsPerMs: this.#windows.requestsPerMs,
    })
  }

  /** What both arms did in the last `evaluationWindow`, on this process. */
  getMetrics(): CanaryMetrics {
    return this.#windows.snapshot()
  }

  /** What was decided on this process, the latest 1,000; see `replayDecisions`. */
  getDecisions(): readonly CanaryDecision[] {
    return this.#control.log.entries()
  }

  /** Listeners are called in order, when what they are told of is done; they may move the canary on. */
  on<K extends keyof CanaryEvents>(event: K, listener: (payload: CanaryEvents[K]) => unknown): this {
    this.#events.on(event, listener)
    return this
  }

  off<K extends keyof CanaryEvents>(event: K, listener: (payload: CanaryEvents[K]) => unknown): this {
    this.#events.off(event, listener)
    return this
  }

  #drawn(arm: CanaryArmName): Assignment {
    return { arm, epoch: this.#control.live.splitEpoch, bucket: noBucket }
  }
}
