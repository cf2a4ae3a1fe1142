import { type Clock, type Duration, resolveOptions } from '@hazeljs/core'
import type { Call, CallContext } from '../policy.js'
import { latency } from './latency.js'

/** How one call of a script ends. Made by {@link ok}, {@link fail} and {@link hang}. */
export interface ScriptedStep<T> {
  /** Infinity: it never ends. */
  readonly latencyMs: number
  /** Gives the result, or throws the failure. */
  readonly end: () => T
}

/** A step that can take its time. */
export interface TimedStep<T> extends ScriptedStep<T> {
  /** The same end, but only after `latency`. @throws ConfigError when that is no duration. */
  after(latency: Duration): ScriptedStep<T>
}

/** What became of a call that a script answered. Times are milliseconds of the script's clock. */
export interface CallRecord {
  /** As the policies around it counted, from 1. */
  readonly attempt: number
  readonly startedAtMs: number
  /** `undefined` while it runs. */
  readonly endedAtMs: number | undefined
  /** `aborted`: a policy or the caller called it off before its end came. `unscripted`: the script was used up. */
  readonly outcome: 'running' | 'succeeded' | 'failed' | 'aborted' | 'unscripted'
  /** Why it was aborted. */
  readonly reason: unknown
}

export interface ScriptedCall<T> {
  /** For `execute`. */
  readonly call: Call<T>
  /** In the order they started. A record changes until its call has ended. */
  readonly calls: readonly CallRecord[]
}

export interface ScriptedCallOptions {
  /**
   * What a call gets for which the script has no step: `fail` rejects it with a RangeError, which no retry repeats by default, and records
   * it as `unscripted`; `repeat-last` plays the last step again. Default `fail`.
   */
  readonly whenUsedUp?: 'fail' | 'repeat-last' | undefined
}

type ResultOf<Step> = Step extends ScriptedStep<infer T> ? T : never

/** Succeeds with `result`, at once or, with `after`, later. */
export function ok(): TimedStep<undefined>
export function ok<T>(result: T): TimedStep<T>
export function ok(result?: unknown): TimedStep<unknown> {
  return timed(() => result)
}

/** Rejects with `failure`, at once or, with `after`, later. */
export function fail(failure: unknown = new Error('The script lets this call fail')): TimedStep<never> {
  return timed(() => {
    throw failure
  })
}

/** Never ends, unless it is aborted. */
export function hang(): ScriptedStep<never> {
  return {
    latencyMs: Infinity,
    end: () => {
      throw new RangeError('A call that hangs came to an end')
    },
  }
}

/**
 * A call that plays a script, one step each time it is called. Every step ends at once when its context is aborted, as a call should.
 *
 * @throws ConfigError when the script is empty or the options are wrong.
 */
export function scriptedCall<const Steps extends readonly ScriptedStep<unknown>[]>(
  clock: Clock,
  script: Steps,
  options: ScriptedCallOptions = {},
): ScriptedCall<ResultOf<Steps[number]>> {
  const whenUsedUp = resolveOptions<ScriptedCallOptions, string>(
    'scriptedCall',
    (reader) => {
      if (script.length === 0) reader.add('script', 'expected at least one step')
      return reader.oneOf('whenUsedUp', 'fail', ['fail', 'repeat-last'])
    },
    options,
  )
  const repeats = whenUsedUp === 'repeat-last'
  const calls: RecordedCall[] = []
  const usedUp = fail(new RangeError(`The script has no call after number ${script.length}`))
  const call = (context: CallContext) => {
    const step = script[calls.length] ?? (repeats ? script.at(-1) : undefined)
    const recorded = new RecordedCall(clock, context.attempt)
    calls.push(recorded)
    const played = recorded.play(step ?? usedUp, context, step === undefined ? 'unscripted' : 'failed')
    return played as Promise<ResultOf<Steps[number]>>
  }
  return { call, calls }
}

class RecordedCall implements CallRecord {
  readonly attempt: number
  readonly startedAtMs: number
  endedAtMs: number | undefined = undefined
  outcome: CallRecord['outcome'] = 'running'
  reason: unknown = undefined
  readonly #clock: Clock

  constructor(clock: Clock, attempt: number) {
    this.#clock = clock
    this.attempt = attempt
    this.startedAtMs = clock.now()
  }

  async play<T>({ latencyMs, end }: ScriptedStep<T>, { cancellation }: CallContext, failed: 'failed' | 'unscripted'): Promise<T> {
    let outcome: CallRecord['outcome'] = 'aborted'
    try {
      await latency(this.#clock, latencyMs, cancellation)
      outcome = failed
      const result = end()
      outcome = 'succeeded'
      return result
    } catch (thrown) {
      if (outcome === 'aborted') this.reason = thrown
      throw thrown
    } finally {
      this.outcome = outcome
      this.endedAtMs = this.#clock.now()
    }
  }
}

function timed<T>(end: () => T): TimedStep<T> {
  return {
    latencyMs: 0,
    end,
    after: (given) => {
      const latencyMs = resolveOptions('after', (options) => options.duration('', 0), { '': given })
      return { latencyMs, end }
    },
  }
}
