import { type Clock, Emitter, type Random, systemClock, systemRandom } from '@hazeljs/core'
import { CircuitBreakerError } from '../errors.js'
import { tell } from '../fault.js'
import { judgeError, judgeResult } from '../outcome.js'
import { type Call, type CallContext, type CallOptions, type Policy, toContext } from '../policy.js'
import { retryAfterMsOf } from '../retry/retry-after.js'
import { Timeout } from '../timeout/timeout.js'
import { type Admission, Circuit } from './circuit.js'
import { CircuitState } from './circuit-state.js'
import { type CircuitBreakerOptions, resolveCircuitBreakerOptions, type ResolvedCircuitBreakerOptions } from './options.js'

export interface CircuitBreakerEvents {
  /** A call succeeded. */
  success: { readonly result: unknown }
  /** A call failed: it threw `error`, or resolved with a `result` that is a failure. */
  failure: { readonly error: unknown; readonly result: unknown }
  stateChange: { readonly from: CircuitState; readonly to: CircuitState }
}

/** Calls and rates of the window; rates in per cent. */
export interface CircuitBreakerMetrics {
  readonly state: CircuitState
  readonly totalCalls: number
  readonly successCalls: number
  readonly failureCalls: number
  readonly slowCalls: number
  readonly failureRate: number
  readonly slowCallRate: number
  /** Since the breaker was made or reset. */
  readonly rejectedCalls: number
  /** What METRICS_ONLY let through and CLOSED, OPEN and HALF_OPEN would not have. Since the breaker was made or reset. */
  readonly wouldHaveRejected: number
}

type ManualState = typeof CircuitState.FORCED_OPEN | typeof CircuitState.DISABLED | typeof CircuitState.METRICS_ONLY

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
  #events: Emitter<CircuitBreakerEvents> | undefined
  #manual: ManualState | undefined
  #rejectedCalls = 0
  #wouldHaveRejected = 0

  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(options: CircuitBreakerOptions = {}, clock: Clock = systemClock, random: Random = systemRandom) {
    this.options = resolveCircuitBreakerOptions(options)
    this.#clock = clock
    this.#timeout = this.options.timeoutMs === undefined ? undefined : new Timeout(this.options.timeoutMs, clock)
    this.#circuit = new Circuit(this.options, clock, random, (from, to) => {
      if (this.#manual === undefined) this.#announce(from, to)
    })
  }

  /** @throws CircuitBreakerError when the circuit lets no call through; TimeoutError with `timeout`; else what the call throws. */
  async execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T> {
    const callContext = toContext(context)
    if (callContext.aborted) throw callContext.cancellation.reason
    const admission = this.#admit()
    const startMs = this.options.slowCallDurationMs === undefined ? 0 : this.#clock.now()
    let result: T
    try {
      result = await (this.#timeout === undefined ? call(callContext) : this.#timeout.execute(call, callContext))
    } catch (error) {
      this.#judgeError(admission, startMs, error, callContext)
      throw error
    }
    this.#judgeResult(admission, startMs, result)
    return result
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

  /** Milliseconds until a call may pass: 0 if one may now, Infinity while FORCED_OPEN. */
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

  on<K extends keyof CircuitBreakerEvents>(event: K, listener: (payload: CircuitBreakerEvents[K]) => unknown): this {
    this.#events ??= new Emitter()
    this.#events.on(event, listener)
    return this
  }

  once<K extends keyof CircuitBreakerEvents>(event: K, listener: (payload: CircuitBreakerEvents[K]) => unknown): this {
    this.#events ??= new Emitter()
    this.#events.once(event, listener)
    return this
  }

  off<K extends keyof CircuitBreakerEvents>(event: K, listener: (payload: CircuitBreakerEvents[K]) => unknown): this {
    this.#events?.off(event, listener)
    return this
  }

  /** `undefined`: the call runs and its outcome is not counted. */
  #admit(): Admission | undefined {
    if (this.#manual === CircuitState.DISABLED) return undefined
    const admission = this.#manual === CircuitState.FORCED_OPEN ? undefined : this.#circuit.admit()
    if (admission !== undefined) return admission
    if (this.#manual === CircuitState.METRICS_ONLY) {
      this.#wouldHaveRejected++
      return undefined
    }
    this.#rejectedCalls++
    const retryAfterMs = this.#manual === undefined ? this.#circuit.retryAfterMs : undefined
    throw new CircuitBreakerError(this.getState(), retryAfterMs, this.options.name)
  }

  #judgeError(admission: Admission | undefined, startMs: number, error: unknown, context: CallContext): void {
    if (admission === undefined) return
    const outcome = judgeError(error, context, this.options.failurePredicate)
    if (outcome === 'ignored') this.#circuit.release(admission)
    else this.#circuit.record(admission, outcome === 'failure', this.#isSlow(startMs), retryAfterMsOf(error))
    if (outcome === 'failure' && this.#events?.has('failure') === true) this.#events.emit('failure', { error, result: undefined })
  }

  #judgeResult(admission: Admission | undefined, startMs: number, result: unknown): void {
    if (admission === undefined) return
    const outcome = judgeResult(result, this.options.resultPredicate)
    if (outcome === 'ignored') this.#circuit.release(admission)
    else this.#circuit.record(admission, outcome === 'failure', this.#isSlow(startMs), undefined)
    if (this.#events === undefined || outcome === 'ignored') return
    if (outcome === 'success') {
      if (this.#events.has('success')) this.#events.emit('success', { result })
    } else if (this.#events.has('failure')) this.#events.emit('failure', { error: undefined, result })
  }

  #isSlow(startMs: number): boolean {
    const limitMs = this.options.slowCallDurationMs
    return limitMs !== undefined && this.#clock.now() - startMs > limitMs
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
