import { type Clock, Emitter, guardClock, type Random, systemClock, systemRandom, tell } from '@hazeljs/core'
import { CircuitBreakerError } from '../errors.js'
import type { PolicyDescription } from '../description.js'
import { record } from '../metrics/recorded.js'
import { judgeError, judgeLate, judgeResult, type Outcome } from '../outcome.js'
import { begin, type Call, type CallContext, type CallOptions, enter, type Policy } from '../policy.js'
import { retryAfterMsOf } from '../retry/retry-after.js'
import { Timeout } from '../timeout/timeout.js'
import { type Admission, Circuit, notAdmitted } from './circuit.js'
import { CircuitState, type ManualState } from './circuit-state.js'
import type { CircuitBreakerEvents, CircuitBreakerMetrics } from './observation.js'
import { type CircuitBreakerOptions, resolveCircuitBreakerOptions, type ResolvedCircuitBreakerOptions } from './options.js'
import { checkedSnapshot, type CircuitBreakerSnapshot } from './snapshot.js'
import { summaryOf } from './summary.js'

/**
 * Stops calling a target that keeps failing, and tries it again after a while with a few calls.
 *
 * States change with calls and outcomes alone: a circuit whose reset time is over stays OPEN until the next call. Place it inside a retry,
 * so that each attempt is judged alone.
 */
export class CircuitBreaker implements Policy {
  /** After checking, with defaults filled in. */
  readonly options: ResolvedCircuitBreakerOptions
  readonly #clock: Clock
  readonly #circuit: Circuit
  readonly #timeout: Timeout | undefined
  readonly #readsStart: boolean
  readonly #readsEnd: boolean
  #events: Emitter<CircuitBreakerEvents> | undefined
  #manual: ManualState | undefined
  #rejectedCalls = 0
  #wouldHaveRejected = 0

  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(options: CircuitBreakerOptions = {}, clock: Clock = systemClock, random: Random = systemRandom) {
    this.options = resolveCircuitBreakerOptions(options)
    this.#clock = guardClock(clock)
    const { timeoutMs, slowCallDurationMs, metrics, slidingWindow } = this.options
    this.#timeout = timeoutMs === undefined ? undefined : new Timeout(timeoutMs, this.#clock)
    this.#readsStart = slowCallDurationMs !== undefined || metrics !== undefined
    this.#readsEnd = this.#readsStart || slidingWindow.type === 'time'
    this.#circuit = new Circuit(this.options, this.#clock, random, (from, to) => {
      if (this.#manual === undefined) this.#announce(from, to)
    })
  }

  /** @throws CircuitBreakerError when the circuit lets no call through; TimeoutError with `timeout`; else what the call throws. */
  execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T> {
    const callContext = enter(call, context)
    if (callContext.aborted) return Promise.reject(callContext.cancellation.reason)
    let admission: Admission | undefined
    try {
      admission = this.#admit()
    } catch (rejection) {
      return Promise.reject(rejection)
    }
    const startMs = this.#readsStart ? this.#clock.now() : 0
    const outcome = this.#timeout === undefined ? begin(call, callContext) : this.#timeout.execute(call, callContext)
    return admission === undefined ? outcome : this.#judged(outcome, admission, startMs, callContext)
  }

  describe(): PolicyDescription {
    const { timeoutMs, slowCallDurationMs, slowCallRateThreshold } = this.options
    const slowCallMs = slowCallRateThreshold === undefined ? undefined : slowCallDurationMs
    return { policy: 'CircuitBreaker', summary: summaryOf(this.options), timeoutMs, slowCallMs }
  }

  getState(): CircuitState {
    return this.#manual ?? this.#circuit.state
  }

  /** OPEN or FORCED_OPEN. */
  isOpen(): boolean {
    const state = this.getState()
    return state === CircuitState.OPEN || state === CircuitState.FORCED_OPEN
  }

  isClosed(): boolean {
    return this.getState() === CircuitState.CLOSED
  }

  isHalfOpen(): boolean {
    return this.getState() === CircuitState.HALF_OPEN
  }

  getMetrics(): CircuitBreakerMetrics {
    const { calls, failures, slowCalls } = this.#circuit.window
    return {
      state: this.getState(),
      totalCalls: calls,
      successCalls: calls - failures,
      failureCalls: failures,
      slowCalls,
      failureRate: calls === 0 ? 0 : (failures * 100) / calls,
      slowCallRate: calls === 0 ? 0 : (slowCalls * 100) / calls,
      rejectedCalls: this.#rejectedCalls,
      wouldHaveRejected: this.#wouldHaveRejected,
    }
  }

  /** Failures in the window; in HALF_OPEN, of the calls it let through. */
  getFailureCount(): number {
    return this.#circuit.failures
  }

  /** Successes in the window; in HALF_OPEN, of the calls it let through. */
  getSuccessCount(): number {
    return this.#circuit.successes
  }

  /** Milliseconds until a call may pass: 0 if now, Infinity while FORCED_OPEN; in HALF_OPEN without permits, until those count as lost. */
  getTimeUntilNextAttempt(): number {
    if (this.#manual === undefined) return this.#circuit.retryAfterMs
    return this.#manual === CircuitState.FORCED_OPEN ? Infinity : 0
  }

  /** Closes the circuit, however it was opened, and forgets its outcomes. The outcomes of calls under way will not count. */
  close(): void {
    const from = this.getState()
    this.#manual = undefined
    this.#circuit.reset()
    if (from !== CircuitState.CLOSED) this.#announce(from, CircuitState.CLOSED)
  }

  /** {@link close}, and every counter of {@link getMetrics} begins at 0. */
  reset(): void {
    this.#rejectedCalls = 0
    this.#wouldHaveRejected = 0
    this.close()
  }

  /** FORCED_OPEN: rejects every call until {@link close}. */
  isolate(): void {
    this.#force(CircuitState.FORCED_OPEN)
  }

  /** DISABLED: lets every call through, and counts nothing, until {@link close}. */
  disable(): void {
    this.#force(CircuitState.DISABLED)
  }

  /** METRICS_ONLY: lets every call through until {@link close}, and counts what it would have rejected. */
  observeOnly(): void {
    this.#force(CircuitState.METRICS_ONLY)
  }

  /** What to keep for {@link restore} when the process ends; `JSON.stringify(breaker)` calls it. */
  toJSON(): CircuitBreakerSnapshot {
    const opening = this.#circuit.opening
    if (this.#manual !== undefined || opening === undefined) return { state: this.#manual ?? CircuitState.CLOSED }
    const { leftMs, openMs, openings } = opening
    return { state: CircuitState.OPEN, openUntil: Math.round(this.#clock.wallTime() + leftMs), openMs, openings }
  }

  /**
   * Goes on where the breaker of the snapshot was. The outcomes of calls under way will not count. A circuit is open for what was left of
   * its time, but, lest a wall clock that was set back keeps it open for ever, for no longer than it can be by its own options.
   *
   * @throws ConfigError listing everything that is wrong with the snapshot; then nothing has changed.
   */
  restore(snapshot: CircuitBreakerSnapshot): void {
    const checked = checkedSnapshot(snapshot)
    const from = this.getState()
    this.#circuit.reset()
    this.#manual = undefined
    if (checked.state === CircuitState.OPEN) {
      this.#circuit.resume({ ...checked, leftMs: checked.openUntil - this.#clock.wallTime() })
    } else if (checked.state !== CircuitState.CLOSED) this.#manual = checked.state
    if (from !== checked.state) this.#announce(from, checked.state)
  }

  on<K extends keyof CircuitBreakerEvents>(event: K, listener: (payload: CircuitBreakerEvents[K]) => unknown): this {
    this.#emitter.on(event, listener)
    return this
  }

  once<K extends keyof CircuitBreakerEvents>(event: K, listener: (payload: CircuitBreakerEvents[K]) => unknown): this {
    this.#emitter.once(event, listener)
    return this
  }

  off<K extends keyof CircuitBreakerEvents>(event: K, listener: (payload: CircuitBreakerEvents[K]) => unknown): this {
    this.#events?.off(event, listener)
    return this
  }

  get #emitter(): Emitter<CircuitBreakerEvents> {
    return (this.#events ??= new Emitter())
  }

  /** `undefined`: the call runs and nobody looks at it. */
  #admit(): Admission | undefined {
    if (this.#manual === CircuitState.DISABLED) return undefined
    const admission = this.#manual === CircuitState.FORCED_OPEN ? undefined : this.#circuit.admit()
    if (admission !== undefined) return admission
    if (this.#manual === CircuitState.METRICS_ONLY) {
      this.#wouldHaveRejected++
      return notAdmitted
    }
    this.#rejectedCalls++
    const retryAfterMs = this.#manual === undefined ? this.#circuit.retryAfterMs : undefined
    throw new CircuitBreakerError(this.getState(), retryAfterMs, this.options.name)
  }

  #judged<T>(outcome: Promise<T>, admission: Admission, startMs: number, context: CallContext): Promise<T> {
    return outcome.then(
      (result) => {
        const outcome = judgeLate(judgeResult(result, this.options.resultPredicate), context)
        this.#conclude(admission, outcome, startMs, undefined, result)
        return result
      },
      (error: unknown) => {
        this.#conclude(admission, judgeError(error, context, this.options.failurePredicate), startMs, error, undefined)
        throw error
      },
    )
  }

  #conclude(admission: Admission, outcome: Outcome, startMs: number, error: unknown, result: unknown): void {
    if (outcome === 'ignored') {
      this.#circuit.release(admission)
      return
    }
    const { slowCallDurationMs, metrics } = this.options
    const failed = outcome === 'failure'
    const endMs = this.#readsEnd ? this.#clock.now() : 0
    const slow = slowCallDurationMs !== undefined && endMs - startMs > slowCallDurationMs
    this.#circuit.record(admission, failed, slow, endMs, failed ? retryAfterMsOf(error ?? result) : undefined)
    if (metrics !== undefined) record(metrics, endMs - startMs, failed, error)
    if (this.#events === undefined) return
    if (!failed) {
      if (this.#events.has('success')) this.#events.emit('success', { result })
    } else if (this.#events.has('failure')) this.#events.emit('failure', { error, result })
  }

  #force(state: ManualState): void {
    const from = this.getState()
    this.#manual = state
    if (from !== state) this.#announce(from, state)
  }

  #announce(from: CircuitState, to: CircuitState): void {
    const { onStateChange } = this.options
    if (onStateChange !== undefined) tell('onStateChange', () => onStateChange(from, to))
    if (this.#events?.has('stateChange') === true) this.#events.emit('stateChange', { from, to })
  }
}
