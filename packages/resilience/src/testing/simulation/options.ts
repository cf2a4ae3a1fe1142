import { type Clock, type Duration, type OptionsCheck, type Random, show } from '@hazeljs/core'
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

const optionNames: readonly (keyof SimulationOptions)[] = [
  'seed',
  'pipeline',
  'target',
  'rate',
  'arrivals',
  'duration',
  'capacity',
  'callOptions',
]

/** Reads and checks the options for `resolveOptions`. */
export function readSimulationOptions(given: SimulationOptions, check: OptionsCheck): ResolvedSimulationOptions {
  const options = check.object('', given, optionNames)
  if (options.pipeline === undefined) check.add('pipeline', 'is required')
  check.function('pipeline', options.pipeline)
  check.function('callOptions', options.callOptions)
  if (options.rate === undefined) check.add('rate', 'is required')
  const phases = checkPhases(options.target, check)
  const last = phases.at(-1)
  const rate = check.number('rate', options.rate, 1, { min: 0.001, max: 1_000_000 })
  const durationMs = check.duration('duration', options.duration, last?.untilMs ?? 1, 1)
  if ((rate * durationMs) / 1_000 > maxSimulatedCalls) check.add('rate', `makes more than ${maxSimulatedCalls} calls in ${durationMs} ms`)
  return {
    seed: check.number('seed', options.seed, defaultSeed, { min: 0, max: 0xffff_ffff, integer: true }),
    phases: last === undefined ? [] : [...phases.slice(0, -1), { ...last, untilMs: Infinity }],
    rate,
    arrivals: check.oneOf('arrivals', options.arrivals, 'regular', ['regular', 'poisson']),
    durationMs,
    capacity: options.capacity === undefined ? Infinity : check.number('capacity', options.capacity, 1, { min: 1, integer: true }),
  }
}

function checkPhases(given: SimulationOptions['target'] | undefined, check: OptionsCheck): ResolvedPhase[] {
  if (!Array.isArray(given) || given.length === 0) {
    check.add(
      'target',
      given === undefined ? 'is required' : `expected a list of phases, got ${Array.isArray(given) ? 'an empty one' : show(given)}`,
    )
    return []
  }
  let untilMs = 0
  return given.map((phase: TargetPhase, index) => {
    const path = `target[${index}]`
    const options = check.object(path, phase, ['for', 'latency', 'failureRate', 'hang'])
    if (options.for === undefined) check.add(`${path}.for`, 'is required')
    const fromMs = untilMs
    untilMs += check.duration(`${path}.for`, options.for, 1, 1)
    const hang = check.oneOf(`${path}.hang`, options.hang, false, [true, false])
    if (hang && (options.latency !== undefined || options.failureRate !== undefined))
      check.add(`${path}.hang`, 'an attempt that hangs has neither a latency nor a failure')
    return {
      fromMs,
      untilMs,
      ...checkLatency(`${path}.latency`, options.latency, check),
      failureRate: check.number(`${path}.failureRate`, options.failureRate, 0, { min: 0, max: 100 }),
      hang,
    }
  })
}

function checkLatency(path: string, given: TargetPhase['latency'], check: OptionsCheck) {
  if (typeof given !== 'object') {
    const latencyMs = check.duration(path, given, 0)
    return { minLatencyMs: latencyMs, maxLatencyMs: latencyMs }
  }
  const { min, max } = check.object(path, given, ['min', 'max'])
  for (const [name, bound] of Object.entries({ min, max })) if (bound === undefined) check.add(`${path}.${name}`, 'is required')
  const minLatencyMs = check.duration(`${path}.min`, min, 0)
  const maxLatencyMs = check.duration(`${path}.max`, max, minLatencyMs)
  if (maxLatencyMs < minLatencyMs) check.add(`${path}.max`, `expected at least min, ${minLatencyMs} ms, got ${maxLatencyMs} ms`)
  return { minLatencyMs, maxLatencyMs }
}
