import type { Clock } from '@hazeljs/core'
import type { ObservableCircuit } from './options.js'
import type { CircuitChange, Percentiles, SimulatedSecond, SimulationReport } from './report.js'

/** Sums of pauses such as a third of a second miss the full second by rounding. */
const roundingMs = 1e-6

const emptySecond: SimulatedSecond = { arrivals: 0, attempts: 0, succeeded: 0, substituted: 0, failed: 0, rejected: 0 }

/** A call on its way. */
export interface SimulatedCall {
  readonly startMs: number
  attempts: number
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Counts what happens. */
export class Recorder {
  readonly #clock: Clock
  readonly #timeline: Mutable<SimulatedSecond>[] = []
  readonly #circuits = new Map<string, string>()
  readonly #circuitChanges: CircuitChange[] = []
  readonly #errors = new Map<string, number>()
  readonly #successMs: number[] = []
  readonly #failureMs: number[] = []
  #unfinished = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get unfinished(): number {
    return this.#unfinished
  }

  observe(circuit: ObservableCircuit): void {
    const name = circuit.options?.name ?? `circuit ${this.#circuits.size + 1}`
    this.#circuits.set(name, circuit.getState())
    circuit.on('stateChange', ({ from, to }) => {
      this.#second()
      this.#circuitChanges.push({ atMs: this.#clock.now(), circuit: name, from, to })
    })
  }

  arrived(): SimulatedCall {
    this.#second().arrivals++
    this.#unfinished++
    return { startMs: this.#clock.now(), attempts: 0 }
  }

  attempted(call: SimulatedCall): void {
    call.attempts++
    this.#second().attempts++
  }

  succeeded(call: SimulatedCall, substituted: boolean): void {
    this.#unfinished--
    const second = this.#second()
    second.succeeded++
    if (substituted) second.substituted++
    this.#successMs.push(this.#clock.now() - call.startMs)
  }

  failed(call: SimulatedCall, error: unknown): void {
    this.#unfinished--
    if (call.attempts === 0) this.#second().rejected++
    else this.#second().failed++
    this.#failureMs.push(this.#clock.now() - call.startMs)
    const code = codeOf(error)
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1)
  }

  /** What was counted, with a timeline of at least `durationMs`. */
  results(durationMs: number) {
    this.#second(durationMs - 1)
    const sum = (of: keyof SimulatedSecond) => this.#timeline.reduce((total, second) => total + second[of], 0)
    return {
      calls: sum('arrivals'),
      succeeded: sum('succeeded'),
      substituted: sum('substituted'),
      failed: sum('failed'),
      rejected: sum('rejected'),
      unfinished: this.#unfinished,
      attempts: sum('attempts'),
      errors: Object.fromEntries([...this.#errors].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))),
      successLatency: percentiles(this.#successMs),
      failureLatency: percentiles(this.#failureMs),
      timeline: this.#timeline,
      circuits: Object.fromEntries(this.#circuits),
      circuitChanges: this.#circuitChanges,
    } satisfies Partial<SimulationReport>
  }

  #second(atMs = this.#clock.now()): Mutable<SimulatedSecond> {
    const index = Math.max(0, Math.floor((atMs + roundingMs) / 1_000))
    while (this.#timeline.length <= index) this.#timeline.push({ ...emptySecond })
    return this.#timeline[index] as Mutable<SimulatedSecond>
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

function percentiles(unsorted: readonly number[]): Percentiles | undefined {
  if (unsorted.length === 0) return undefined
  const sorted = unsorted.toSorted((a, b) => a - b)
  const nearestRank = (percent: number) => sorted[Math.ceil((percent / 100) * sorted.length) - 1] as number
  return { p50: nearestRank(50), p95: nearestRank(95), p99: nearestRank(99), max: nearestRank(100) }
}
