import type { Clock, Random } from '@hazeljs/core'
import { CircuitState } from './circuit-state.js'
import { CountWindow } from './count-window.js'
import type { ResolvedCircuitBreakerOptions } from './options.js'
import { TimeWindow } from './time-window.js'
import type { OutcomeWindow } from './window.js'

/** How far a `Retry-After` of the target can put the next attempt off. */
const longestRetryAfterMs = 60_000

interface Closed {
  readonly state: typeof CircuitState.CLOSED
}

interface Open {
  readonly state: typeof CircuitState.OPEN
  readonly untilMs: number
}

interface HalfOpen {
  readonly state: typeof CircuitState.HALF_OPEN
  readonly maxWaitMs: number
  permits: number
  successes: number
  failures: number
  /** When the calls let through count as lost: `maxWaitMs` after the last of them. */
  deadlineMs: number
}

type Phase = Closed | Open | HalfOpen

/** What is left of an opening, on whatever clock. */
export interface Opening {
  /** Until a call may pass; 0 or less: one may now. */
  readonly leftMs: number
  readonly openMs: number
  /** In a row. */
  readonly openings: number
}

/** Proof that a call was let through, and in which phase: hand it back with the outcome. */
export type Admission = Closed | HalfOpen

/** For a call that runs though it was not let through: of no generation, so that its outcome changes nothing. */
export const notAdmitted: Admission = { state: CircuitState.CLOSED }

/**
 * The automatic part of a breaker: CLOSED, OPEN and HALF_OPEN, moved on by calls and outcomes alone, without timers.
 *
 * Each phase is an object of its own and serves as the generation: an outcome counts only in the very phase that admitted its call, so a
 * late success from before the circuit opened cannot close it (sony/gobreaker v2 keeps a generation number for the same purpose).
 */
export class Circuit {
  readonly #options: ResolvedCircuitBreakerOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #onChange: (from: CircuitState, to: CircuitState) => void
  readonly #window: OutcomeWindow
  #phase: Phase = { state: CircuitState.CLOSED }
  #openingsInRow = 0
  #openMs = 0

  constructor(
    options: ResolvedCircuitBreakerOptions,
    clock: Clock,
    random: Random,
    onChange: (from: CircuitState, to: CircuitState) => void,
  ) {
    this.#options = options
    this.#clock = clock
    this.#random = random
    this.#onChange = onChange
    const { slidingWindow } = options
    this.#window = slidingWindow.type === 'count' ? new CountWindow(slidingWindow.size) : new TimeWindow(slidingWindow.size)
  }

  get state(): Phase['state'] {
    return this.#phase.state
  }

  /** In HALF_OPEN of the calls let through, else of the window; while OPEN the window is the one that opened it. */
  get failures(): number {
    return this.#phase.state === CircuitState.HALF_OPEN ? this.#phase.failures : this.window.failures
  }

  get successes(): number {
    return this.#phase.state === CircuitState.HALF_OPEN ? this.#phase.successes : this.window.calls - this.#window.failures
  }

  get window(): OutcomeWindow {
    if (this.#phase.state === CircuitState.CLOSED) this.#window.advance(this.#clock.now())
    return this.#window
  }

  /** How long until a call may pass: 0 if one may now. In HALF_OPEN without permits, until the calls let through count as lost. */
  get retryAfterMs(): number {
    const phase = this.#phase
    if (phase.state === CircuitState.OPEN) return Math.max(0, phase.untilMs - this.#clock.now())
    return phase.state === CircuitState.HALF_OPEN && phase.permits === 0 ? Math.max(0, phase.deadlineMs - this.#clock.now()) : 0
  }

  /** `undefined`: rejected. */
  admit(): Admission | undefined {
    const phase = this.#phase
    return phase.state === CircuitState.CLOSED ? phase : this.#admitProbe(phase)
  }

  /** `nowMs` matters to a time window only; `retryAfterMs` is what the target asked for with this failure. */
  record(admission: Admission, failed: boolean, slow: boolean, nowMs: number, retryAfterMs: number | undefined): void {
    if (admission !== this.#phase) return
    if (admission.state === CircuitState.HALF_OPEN) {
      this.#recordProbe(admission, failed || (slow && this.#options.slowCallRateThreshold !== undefined), retryAfterMs)
      return
    }
    this.#window.record(failed, slow, nowMs)
    if (this.#isTripped()) this.#open(retryAfterMs)
  }

  /** The call said nothing about its target: its place goes to another. In a phase that is over it is of no use to anybody. */
  release(admission: Admission): void {
    if (admission.state === CircuitState.HALF_OPEN) admission.permits++
  }

  /** Begins anew, whatever the phase, without telling: nothing counted, no backoff. Calls under way are of an earlier generation. */
  reset(): void {
    this.#window.clear()
    this.#openingsInRow = 0
    this.#phase = { state: CircuitState.CLOSED }
  }

  /** `undefined` while CLOSED; HALF_OPEN as an opening that is over. */
  get opening(): Opening | undefined {
    const phase = this.#phase
    if (phase.state === CircuitState.CLOSED) return undefined
    const leftMs = phase.state === CircuitState.OPEN ? phase.untilMs - this.#clock.now() : 0
    return { leftMs, openMs: this.#openMs, openings: this.#openingsInRow }
  }

  /** {@link reset}, and OPEN for what is left of `opening`: whatever it says, no longer than a circuit with these options can be open. */
  resume({ leftMs, openMs, openings }: Opening): void {
    const { resetTimeoutMs, resetBackoff } = this.#options
    this.reset()
    this.#openingsInRow = openings
    this.#openMs = Math.min(openMs, Math.max(resetBackoff?.maxMs ?? resetTimeoutMs, longestRetryAfterMs))
    this.#phase = { state: CircuitState.OPEN, untilMs: this.#clock.now() + Math.min(leftMs, this.#openMs) }
  }

  #admitProbe(phase: Open | HalfOpen): HalfOpen | undefined {
    const nowMs = this.#clock.now()
    if (phase.state === CircuitState.OPEN) return nowMs < phase.untilMs ? undefined : this.#admitFirstProbe(nowMs)
    if (phase.permits > 0) {
      phase.permits--
      phase.deadlineMs = nowMs + phase.maxWaitMs
      return phase
    }
    if (nowMs >= phase.deadlineMs) this.#open(undefined)
    return undefined
  }

  #admitFirstProbe(nowMs: number): HalfOpen {
    const { halfOpenCalls, halfOpenMaxWaitMs, timeoutMs } = this.#options
    const maxWaitMs = halfOpenMaxWaitMs ?? Math.max(this.#openMs, timeoutMs ?? 0)
    const phase: HalfOpen = {
      state: CircuitState.HALF_OPEN,
      maxWaitMs,
      permits: halfOpenCalls - 1,
      successes: 0,
      failures: 0,
      deadlineMs: nowMs + maxWaitMs,
    }
    this.#enter(phase)
    return phase
  }

  #recordProbe(phase: HalfOpen, failed: boolean, retryAfterMs: number | undefined): void {
    const { successThreshold, halfOpenCalls } = this.#options
    if (failed) {
      phase.failures++
      if (phase.failures > halfOpenCalls - successThreshold) this.#open(retryAfterMs)
    } else {
      phase.successes++
      if (phase.successes < successThreshold) return
      this.reset()
      this.#onChange(CircuitState.HALF_OPEN, CircuitState.CLOSED)
    }
  }

  #isTripped(): boolean {
    const { calls, failures, slowCalls } = this.#window
    if (failures === 0 && slowCalls === 0) return false
    const { failureThreshold, failureRateThreshold, slowCallRateThreshold, minimumCalls } = this.#options
    if (failureThreshold !== undefined && failures >= failureThreshold) return true
    if (calls < minimumCalls) return false
    if (failureRateThreshold !== undefined && failures * 100 >= failureRateThreshold * calls) return true
    return slowCallRateThreshold !== undefined && slowCalls * 100 >= slowCallRateThreshold * calls
  }

  #open(retryAfterMs: number | undefined): void {
    this.#openMs = Math.max(this.#nextResetMs(), Math.min(retryAfterMs ?? 0, longestRetryAfterMs))
    this.#openingsInRow++
    this.#enter({ state: CircuitState.OPEN, untilMs: this.#clock.now() + this.#openMs })
  }

  #nextResetMs(): number {
    const { resetTimeoutMs, resetBackoff } = this.#options
    if (resetBackoff === undefined) return resetTimeoutMs
    const grownMs = Math.min(resetBackoff.maxMs, resetTimeoutMs * resetBackoff.factor ** this.#openingsInRow)
    const stray = (this.#random.next() * 2 - 1) * (resetBackoff.jitter / 100)
    return Math.min(resetBackoff.maxMs, grownMs * (1 + stray))
  }

  #enter(phase: Open | HalfOpen): void {
    const from = this.#phase.state
    this.#phase = phase
    this.#onChange(from, phase.state)
  }
}
