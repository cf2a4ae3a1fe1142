import type { CircuitBreakerMetrics } from './observation.js'
import type { ResolvedCircuitBreakerOptions } from './options.js'
import type { Outcome } from '../outcome.js'

type State = CircuitBreakerMetrics['state']

interface Counted {
  readonly failed: boolean
  readonly slow: boolean
  readonly atMs: number
}

interface Phase {
  readonly state: 'CLOSED' | 'OPEN' | 'HALF_OPEN'
  /** Until when OPEN rejects, or HALF_OPEN waits. */
  untilMs: number
  /** HALF_OPEN: calls let through that are under way or have counted. */
  permitsTaken: number
  readonly counted: Counted[]
}

export interface Ticket {
  readonly startMs: number
  /** `undefined`: it would have been rejected, or the breaker looks away. */
  readonly phase: Phase | undefined
  readonly seen: boolean
}

/** A circuit breaker as a textbook has it: lists of everything, counted anew each time. Takes no jitter. */
export class Textbook {
  manual: State | undefined
  rejectedCalls = 0
  wouldHaveRejected = 0
  readonly recorded: boolean[] = []
  readonly #options: ResolvedCircuitBreakerOptions
  #phase: Phase = phase('CLOSED')
  /** What CLOSED counted last, which OPEN and HALF_OPEN leave as it was. */
  #shown: readonly Counted[] = []
  #openings = 0

  constructor(options: ResolvedCircuitBreakerOptions) {
    this.#options = options
  }

  get state(): State {
    return this.manual ?? this.#phase.state
  }

  begin(nowMs: number): Ticket | 'rejected' {
    if (this.manual === 'DISABLED') return { startMs: nowMs, phase: undefined, seen: false }
    const admitted = this.manual !== 'FORCED_OPEN' && this.#admits(nowMs)
    if (admitted) return { startMs: nowMs, phase: this.#phase, seen: true }
    if (this.manual === 'METRICS_ONLY') {
      this.wouldHaveRejected++
      return { startMs: nowMs, phase: undefined, seen: true }
    }
    this.rejectedCalls++
    return 'rejected'
  }

  end({ startMs, phase, seen }: Ticket, outcome: Outcome, nowMs: number): void {
    if (seen && outcome !== 'ignored') this.recorded.push(outcome === 'failure')
    if (phase === undefined || phase !== this.#phase) return
    if (outcome === 'ignored') phase.permitsTaken--
    else
      phase.counted.push({
        failed: outcome === 'failure',
        slow: nowMs - startMs > (this.#options.slowCallDurationMs ?? Infinity),
        atMs: nowMs,
      })
    if (phase.state === 'CLOSED' && outcome !== 'ignored') this.#judgeWindow(nowMs)
    else if (phase.state === 'HALF_OPEN') this.#judgeProbes(nowMs)
  }

  force(state: State): void {
    this.manual = state
  }

  close(): void {
    this.manual = undefined
    this.#beginAnew()
  }

  /** Stored and restored at once. */
  restart(nowMs: number): void {
    const { state, untilMs } = this.#phase
    const openings = this.#openings
    this.#beginAnew()
    if (this.manual !== undefined || state === 'CLOSED') return
    this.#openings = openings
    this.#phase = phase('OPEN', state === 'OPEN' ? untilMs : nowMs)
  }

  timeUntilNextAttempt(nowMs: number): number {
    if (this.manual !== undefined) return this.manual === 'FORCED_OPEN' ? Infinity : 0
    const { state, untilMs, permitsTaken } = this.#phase
    const waits = state === 'OPEN' || (state === 'HALF_OPEN' && permitsTaken >= this.#options.halfOpenCalls)
    return waits ? Math.max(0, untilMs - nowMs) : 0
  }

  /** Of the window, or in HALF_OPEN of the probes. */
  counts(nowMs: number): { readonly failures: number; readonly successes: number } {
    const counted = this.#phase.state === 'HALF_OPEN' ? this.#phase.counted : this.window(nowMs)
    const failures = counted.filter((call) => (this.#phase.state === 'HALF_OPEN' ? this.#isBad(call) : call.failed)).length
    return { failures, successes: counted.length - failures }
  }

  window(nowMs: number): readonly Counted[] {
    if (this.#phase.state !== 'CLOSED') return this.#shown
    const { type, size } = this.#options.slidingWindow
    const tick = (ms: number) => Math.floor(ms / (size / 10))
    const { counted } = this.#phase
    return type === 'count' ? counted.slice(-size) : counted.filter(({ atMs }) => tick(atMs) > tick(nowMs) - 10)
  }

  #beginAnew(): void {
    this.#phase = phase('CLOSED')
    this.#openings = 0
    this.#shown = []
  }

  #admits(nowMs: number): boolean {
    const { halfOpenCalls } = this.#options
    if (this.#phase.state === 'CLOSED') return true
    if (this.#phase.state === 'OPEN') {
      if (nowMs < this.#phase.untilMs) return false
      this.#phase = phase('HALF_OPEN')
    }
    if (this.#phase.permitsTaken < halfOpenCalls) {
      this.#phase.permitsTaken++
      this.#phase.untilMs = nowMs + (this.#options.halfOpenMaxWaitMs ?? this.#openMs())
      return true
    }
    if (nowMs >= this.#phase.untilMs) this.#open(nowMs)
    return false
  }

  #judgeWindow(nowMs: number): void {
    const { failureThreshold = Infinity, failureRateThreshold = Infinity, slowCallRateThreshold = Infinity, minimumCalls } = this.#options
    const window = this.window(nowMs)
    const failures = window.filter(({ failed }) => failed).length
    const slow = window.filter((call) => call.slow).length
    const rate = (calls: number) => (window.length < minimumCalls ? -1 : (calls * 100) / window.length)
    if (failures < failureThreshold && rate(failures) < failureRateThreshold && rate(slow) < slowCallRateThreshold) return
    this.#shown = window
    this.#open(nowMs)
  }

  #judgeProbes(nowMs: number): void {
    const { halfOpenCalls, successThreshold } = this.#options
    const { counted } = this.#phase
    const bad = counted.filter((call) => this.#isBad(call)).length
    if (halfOpenCalls - bad < successThreshold) this.#open(nowMs)
    else if (counted.length - bad >= successThreshold) this.#beginAnew()
  }

  #isBad({ failed, slow }: Counted): boolean {
    return failed || (slow && this.#options.slowCallRateThreshold !== undefined)
  }

  #open(nowMs: number): void {
    this.#openings++
    this.#phase = phase('OPEN', nowMs + this.#openMs())
  }

  #openMs(): number {
    const { resetTimeoutMs, resetBackoff } = this.#options
    return resetBackoff === undefined
      ? resetTimeoutMs
      : Math.min(resetBackoff.maxMs, resetTimeoutMs * resetBackoff.factor ** (this.#openings - 1))
  }
}

function phase(state: Phase['state'], untilMs = 0): Phase {
  return { state, untilMs, permitsTaken: 0, counted: [] }
}
