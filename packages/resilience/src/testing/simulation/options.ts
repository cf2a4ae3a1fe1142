import { type Clock, type Duration, type OptionsReader, type Random, show } from '@hazeljs/core'
import type { CallOptions, Policy } from '../../policy.js'

/** A time in which the target behaves in one way. An attempt is judged by the phase that it starts in. */
export interface TargetPhase {
  readonly for: Duration
  /** How long an attempt takes, failures too; with `min` and `max`, anything between. Default 0. */
  readonly latency?: Duration | { readonly min: Duration; readonly max: Duration } | undefined
  /** Of a hundred attempts, how many fail. Default 0. */
  readonly failureRate?: number | undefined
  /** Attempts never end unless they are aborted. Default `false`. */
  readonly hang?: boolean | undefined
}

/** Tells of its circuit, as a CircuitBreaker does. */
export interface ObservableCircuit {
  readonly options?: { readonly name?: string | undefined } | undefined
  getState(): string
  on(event: 'stateChange', listener: (change: { readonly from: string; readonly to: string }) => void): unknown
}

export interface SimulationOptions {
  /** Equal seeds give equal reports, byte for byte; and another pipeline meets the same traffic and the same luck. Default 1. */
  readonly seed?: number | undefined
  /**
   * Makes the pipeline that is tried. Every policy has to be given the clock, and those that draw, the random. `observe` returns the
   * breaker it is given, whose states the report then shows.
   */
  readonly pipeline: (clock: Clock, random: Random, observe: <C extends ObservableCircuit>(circuit: C) => C) => Policy<unknown>
  /** What the target does, one phase after the other. The last goes on for as long as attempts come. */
  readonly target: readonly TargetPhase[]
  /** Calls a second. */
  readonly rate: number
  /** `regular`: equally long pauses between calls. `poisson`: as from many callers that do not know of each other. Default `regular`. */
  readonly arrivals?: 'regular' | 'poisson' | undefined
  /** How long calls arrive. Default: as long as the phases of the target. */
  readonly duration?: Duration | undefined
  /** Attempts the target runs at its own pace; with twice as many it takes twice as long for those that start then. Default: no limit. */
  readonly capacity?: number | undefined
  /** What a call brings along, such as a key or a priority; `number` counts calls from 1. Default: nothing. */
  readonly callOptions?: ((number: number) => CallOptions) | undefined
}

export const defaultSeed = 1
/** More calls than this are a slip of the pen rather than a simulation that anyone waits for. */
export const maxSimulatedCalls = 10_000_000

/** A phase after checking. */
export interface ResolvedPhase {
  readonly fromMs: number
  /** Infinity in the last. */
  readonly untilMs: number
  readonly minLatencyMs: number
  readonly maxLatencyMs: number
  readonly failureRate: number
  readonly hang: boolean
}

/** Options after checking. */
export interface ResolvedSimulationOptions {
  readonly seed: number
  readonly phases: readonly ResolvedPhase[]
  readonly rate: number
  readonly arrivals: 'regular' | 'poisson'
  readonly durationMs: number
  readonly capacity: number
}

/** Reads and checks the options for `resolveOptions`. */
export function readSimulationOptions(options: OptionsReader<SimulationOptions>): ResolvedSimulationOptions {
  options.function(options.required('pipeline'))
  options.function('callOptions')
  const phases = readPhases(options)
  const last = phases.at(-1)
  const rate = options.number(options.required('rate'), 1, { min: 0.001, max: 1_000_000 })
  const durationMs = options.duration('duration', last?.untilMs ?? 1, 1)
  if ((rate * durationMs) / 1_000 > maxSimulatedCalls) options.add('rate', `makes more than ${maxSimulatedCalls} calls in ${durationMs} ms`)
  return {
    seed: options.number('seed', defaultSeed, { min: 0, max: 0xffff_ffff, integer: true }),
    phases: last === undefined ? [] : [...phases.slice(0, -1), { ...last, untilMs: Infinity }],
    rate,
    arrivals: options.oneOf('arrivals', 'regular', ['regular', 'poisson']),
    durationMs,
    capacity: options.number('capacity', Infinity, { min: 1, integer: true }),
  }
}

function readPhases(options: OptionsReader<SimulationOptions>): ResolvedPhase[] {
  const given: unknown = options.value(options.required('target'))
  if (given !== undefined && (!Array.isArray(given) || given.length === 0))
    options.add('target', `expected a list of phases, got ${Array.isArray(given) ? 'an empty one' : show(given)}`)
  let untilMs = 0
  return options.list('target').map((phase) => {
    const fromMs = untilMs
    untilMs += phase.duration(phase.required('for'), 1, 1)
    const hang = phase.boolean('hang', false)
    if (hang && (phase.has('latency') || phase.has('failureRate')))
      phase.add('hang', 'an attempt that hangs has neither a latency nor a failure')
    return { fromMs, untilMs, ...readLatency(phase), failureRate: phase.number('failureRate', 0, { min: 0, max: 100 }), hang }
  })
}

function readLatency(phase: OptionsReader<TargetPhase>) {
  if (typeof phase.value('latency') !== 'object') {
    const latencyMs = phase.duration('latency', 0)
    return { minLatencyMs: latencyMs, maxLatencyMs: latencyMs }
  }
  const latency = phase.object('latency')
  const minLatencyMs = latency.duration(latency.required('min'), 0)
  const maxLatencyMs = latency.duration(latency.required('max'), minLatencyMs)
  if (maxLatencyMs < minLatencyMs) latency.add('max', `expected at least min, ${minLatencyMs} ms, got ${maxLatencyMs} ms`)
  return { minLatencyMs, maxLatencyMs }
}
