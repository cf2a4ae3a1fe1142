/** One second of the simulation. Calls are counted in the second that they ended in, but for their arrivals. */
export interface SimulatedSecond {
  readonly arrivals: number
  /** Attempts that reached the target. */
  readonly attempts: number
  readonly succeeded: number
  /** Of those that succeeded: with something that the target did not answer. */
  readonly substituted: number
  /** Calls that failed after at least one attempt. */
  readonly failed: number
  /** Calls that failed without any attempt. */
  readonly rejected: number
}

export interface CircuitChange {
  readonly atMs: number
  /** The breaker's name, or `circuit` with a number. */
  readonly circuit: string
  readonly from: string
  readonly to: string
}

/** How long calls took, in milliseconds, by nearest rank. */
export interface Percentiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** What the target does from when on, in words. */
export interface DescribedPhase {
  readonly fromMs: number
  readonly text: string
}

/** What a simulation did. Every call is counted once: succeeded, failed, rejected or unfinished. */
export interface SimulationReport {
  readonly seed: number
  readonly rate: number
  readonly arrivals: 'regular' | 'poisson'
  /** How long calls arrived. */
  readonly durationMs: number
  readonly calls: number
  readonly succeeded: number
  /** Of those that succeeded: with something that the target did not answer, as from a fallback. */
  readonly substituted: number
  /** After at least one attempt. */
  readonly failed: number
  /** Without any attempt. */
  readonly rejected: number
  /** Those that waited for the target, or for the pipeline, when nothing moved any more or patience ended. */
  readonly unfinished: number
  /** Attempts that reached the target. */
  readonly attempts: number
  /** Failed and rejected calls by the `code` of their error, else its name; most frequent first. */
  readonly errors: Readonly<Record<string, number>>
  /** Of the calls that succeeded; `undefined` when there was none. */
  readonly successLatency: Percentiles | undefined
  /** Of the calls that failed or were rejected; `undefined` when there was none. */
  readonly failureLatency: Percentiles | undefined
  /** From the first second to the last in which anything happened. */
  readonly timeline: readonly SimulatedSecond[]
  readonly phases: readonly DescribedPhase[]
  /** State of each observed breaker at the start. */
  readonly circuits: Readonly<Record<string, string>>
  readonly circuitChanges: readonly CircuitChange[]
  /** The story in at most 100 columns, for a terminal. */
  toString(): string
}
