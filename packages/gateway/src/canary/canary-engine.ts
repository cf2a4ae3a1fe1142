import { type Clock, Emitter, type ListenerErrorHandler, type Random, systemClock, systemRandom } from '@hazeljs/core'
import { type Assignment, noBucket } from './assignment.js'
import { checkCanary } from '../config/check.js'
import { defaultCanarySteps } from '../config/defaults.js'
import type { CanaryConfig } from '../config/canary-config.js'
import type { CanaryChange, CanaryEvents } from './canary-events.js'
import { CanaryArmCounter, type CanaryArmName, type CanaryMetrics } from './canary-metrics.js'
import { CanaryState, nextCanaryState } from './canary-state.js'

export interface CanaryEngineOptions {
  readonly clock?: Clock
  readonly random?: Random
  /** Told when a listener throws. Default: a warning of the process. */
  readonly onListenerError?: ListenerErrorHandler
}

export interface CanaryStatus {
  readonly state: CanaryState
  /** Between `start()` and `stop()`. */
  readonly running: boolean
  readonly stableVersion: string
  readonly canaryVersion: string
  /** Per cent. */
  readonly stableWeight: number
  /** Per cent. */
  readonly canaryWeight: number
  readonly steps: readonly number[]
  /** The weight that `promote()` takes next; `undefined` once the canary is promoted or rolled back. */
  readonly nextWeight: number | undefined
  /** When state or weight last changed: milliseconds since the Unix epoch. */
  readonly changedAt: number
}

/**
 * Splits traffic between a stable version and a canary by weight, and moves the weight on by hand: `promote()` takes the next of the
 * `steps`, `rollback()` gives everything back to stable.
 *
 * It judges nothing yet: `errorThreshold`, `latencyThreshold`, `evaluationWindow`, `autoPromote`, `autoRollback`, `stepInterval`,
 * `minRequests` and `customEvaluator` are checked when the engine is made and have no effect until automatic judging is built. The split
 * holds from the start, whether `start()` was called or not.
 */
export class CanaryEngine {
  readonly config: CanaryConfig
  readonly #clock: Clock
  readonly #random: Random
  readonly #events: Emitter<CanaryEvents>
  readonly #steps: readonly number[]
  readonly #counters = { stable: new CanaryArmCounter(), canary: new CanaryArmCounter() }
  #state: CanaryState = CanaryState.ACTIVE
  #running = false
  #weight: number
  #changedAt: number

  /** @throws ConfigError that lists every problem of `config`. */
  constructor(config: CanaryConfig, options: CanaryEngineOptions = {}) {
    this.config = checkCanary(config)
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? systemRandom
    this.#events = new Emitter<CanaryEvents>(options.onListenerError)
    this.#steps = this.config.promotion.steps ?? defaultCanarySteps
    this.#weight = this.config.canary.weight
    this.#changedAt = this.#clock.wallTime()
  }

  /** Which arm serves the next request. */
  selectVersion(): CanaryArmName {
    if (this.#weight === 0) return 'stable'
    if (this.#weight === 100) return 'canary'
    return this.#random.next() * 100 < this.#weight ? 'canary' : 'stable'
  }

  /** As {@link selectVersion}, for a request of the gateway. Counts nothing. */
  assign(_rawHeaders: readonly string[], _clientIp: string): Assignment {
    return { arm: this.selectVersion(), epoch: 0, bucket: noBucket }
  }

  /** The canary can't serve a request that was assigned to it: stable does, and the canary's next step waits. */
  divert(): void {
    // nothing is judged yet
  }

  /** What became of a request that was assigned, as its client saw it. */
  record({ arm }: Assignment, outcome: 'success' | 'failure', ms: number): void {
    this.#counters[arm][outcome](ms)
  }

  /** Lets automatic judging run. Starting twice is starting once. */
  start(): void {
    this.#running = true
  }

  /** Ends automatic judging; the split stays as it is. Stopping twice is stopping once. */
  stop(): void {
    this.#running = false
  }

  /** Freezes the canary at its weight: nothing moves it but a hand. Does nothing to a canary that is promoted or rolled back. */
  pause(): void {
    const before = this.#state
    this.#state = nextCanaryState(before, 'pause')
    if (this.#state === before) return
    this.#announce('canary:paused', this.#weight, 'paused by hand')
  }

  /** @throws CanaryStateError after a rollback. */
  resume(): void {
    const before = this.#state
    this.#state = nextCanaryState(before, 'resume')
    if (this.#state !== before) this.#changedAt = this.#clock.wallTime()
  }

  /**
   * Raises the weight to the next step, or with `full` to 100 at once. A paused canary stays paused below 100. Does nothing to a canary
   * that is promoted.
   *
   * @throws CanaryStateError after a rollback.
   */
  promote(options: { readonly full?: boolean } = {}): void {
    const weight = options.full === true ? 100 : (this.#nextWeight() ?? 100)
    const before = this.#state
    this.#state = nextCanaryState(before, weight === 100 ? 'complete' : 'step')
    if (before === CanaryState.PROMOTED) return
    this.#moveTo(weight, 'canary:promote', 'promoted by hand')
    // A listener may have rolled back by now.
    if (this.#state === CanaryState.PROMOTED) this.#announce('canary:complete', weight, 'the canary has all the traffic')
  }

  /** Gives all the traffic to stable, for good. Does nothing to a canary that is rolled back already. */
  rollback(): void {
    const before = this.#state
    this.#state = nextCanaryState(before, 'rollback')
    if (this.#state !== before) this.#moveTo(0, 'canary:rollback', 'rolled back by hand')
  }

  /** A call of an arm succeeded after `ms` milliseconds. */
  recordSuccess(arm: CanaryArmName, ms: number): void {
    this.#counters[arm].success(ms)
  }

  /** A call of an arm failed after `ms` milliseconds. */
  recordFailure(arm: CanaryArmName, ms: number, _error?: unknown): void {
    this.#counters[arm].failure(ms)
  }

  getStatus(): CanaryStatus {
    const finished = this.#state === CanaryState.PROMOTED || this.#state === CanaryState.ROLLED_BACK
    return {
      state: this.#state,
      running: this.#running,
      stableVersion: this.config.stable.version,
      canaryVersion: this.config.canary.version,
      stableWeight: 100 - this.#weight,
      canaryWeight: this.#weight,
      steps: this.#steps,
      nextWeight: finished ? undefined : (this.#nextWeight() ?? 100),
      changedAt: this.#changedAt,
    }
  }

  getMetrics(): CanaryMetrics {
    return { stable: this.#counters.stable.snapshot(), canary: this.#counters.canary.snapshot() }
  }

  on<K extends keyof CanaryEvents>(event: K, listener: (change: CanaryEvents[K]) => unknown): this {
    this.#events.on(event, listener)
    return this
  }

  off<K extends keyof CanaryEvents>(event: K, listener: (change: CanaryEvents[K]) => unknown): this {
    this.#events.off(event, listener)
    return this
  }

  #nextWeight(): number | undefined {
    return this.#steps.find((step) => step > this.#weight)
  }

  #moveTo(weight: number, event: keyof CanaryEvents, reason: string): void {
    const previousWeight = this.#weight
    this.#weight = weight
    this.#announce(event, previousWeight, reason)
  }

  #announce(event: keyof CanaryEvents, previousWeight: number, reason: string): void {
    this.#changedAt = this.#clock.wallTime()
    if (!this.#events.has(event)) return
    const { stable, canary } = this.config
    const change: CanaryChange = {
      stableVersion: stable.version,
      canaryVersion: canary.version,
      weight: this.#weight,
      previousWeight,
      reason,
      at: this.#changedAt,
    }
    this.#events.emit(event, change)
  }
}
