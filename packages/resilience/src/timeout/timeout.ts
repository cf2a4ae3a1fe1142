import {
  CancelSource,
  type Clock,
  type ConfigProblem,
  type Duration,
  durationText,
  guardClock,
  type OptionsReader,
  problemsOf,
  resolveOptions,
  systemClock,
  TimerQueue,
} from '@hazeljs/core'
import { ambientCall } from '../ambient.js'
import type { PolicyDescription } from '../description.js'
import { TimeoutError } from '../errors.js'
import type { MetricsCollector } from '../metrics/metrics-collector.js'
import { recorded } from '../metrics/recorded.js'
import { type Call, type CallContext, type CallOptions, enter, type Policy } from '../policy.js'

export interface TimeoutOptions {
  /** From 1 ms. */
  readonly duration: Duration
  /** The message of the TimeoutError. Default: one that names the duration. */
  readonly message?: string | undefined
  /**
   * Whether calls made inside, in the same asynchronous flow, inherit the deadline without being handed the context. It uses an
   * AsyncLocalStorage, which before Node 24 makes promises of the whole process dearer. Default `false`.
   */
  readonly propagate?: boolean | undefined
  /** Told how each execution ended and how long it took; one that ran out of time is a failure. Default: none. */
  readonly metrics?: MetricsCollector | undefined
}

/** Options after checking. */
interface ResolvedTimeoutOptions {
  readonly durationMs: number
  readonly message: string | undefined
  readonly propagate: boolean
  readonly metrics: MetricsCollector | undefined
}

/**
 * Gives a call a limited time. When it is over, `execute` rejects with a TimeoutError at once, and the call's context is aborted with the
 * same error as the reason, so that a call that listens stops working; whatever it does later changes nothing.
 */
export class Timeout implements Policy {
  readonly #options: ResolvedTimeoutOptions
  readonly #clock: Clock
  readonly #timers: TimerQueue

  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(options: Duration | TimeoutOptions, clock: Clock = systemClock) {
    this.#options = resolveOptions('Timeout', readOptions, named(options))
    this.#clock = guardClock(clock)
    this.#timers = new TimerQueue(this.#clock, this.#options.durationMs)
  }

  /** @throws TimeoutError when the time is over; else what the call throws. */
  execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T> {
    const callContext = enter(call, context)
    if (callContext.aborted) return Promise.reject(callContext.cancellation.reason)
    const { metrics } = this.#options
    if (metrics === undefined) return this.#run(call, callContext)
    return recorded(metrics, this.#clock, callContext, () => this.#run(call, callContext))
  }

  describe(): PolicyDescription {
    const { durationMs, propagate } = this.#options
    const summary = durationText(durationMs) + (propagate ? ', also for calls made inside' : '')
    return { policy: 'Timeout', summary, timeoutMs: durationMs }
  }

  #run<T>(call: Call<T>, context: CallContext): Promise<T> {
    const { durationMs, propagate } = this.#options
    const startMs = this.#clock.now()
    const source = new CancelSource(context.cancellation)
    const limited = context.underDeadline(source, this.#clock, startMs + durationMs)
    let result: T | PromiseLike<T>
    try {
      result = propagate ? ambientCall.run(limited, awaited, call, limited) : call(limited)
      if (isThenable(result)) return this.#inTime(Promise.resolve(result), source, startMs)
    } catch (error) {
      source.dispose()
      return Promise.reject(error)
    }
    source.dispose()
    return Promise.resolve(result)
  }

  #inTime<T>(result: Promise<T>, source: CancelSource, startMs: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timers = this.#timers
      const timer = timers.add(() => {
        const error = new TimeoutError(this.#options.durationMs, this.#options.message)
        reject(error)
        source.abort(error)
        source.dispose()
      }, startMs)
      result.then(
        (value) => {
          timers.remove(timer)
          source.dispose()
          resolve(value)
        },
        (error: unknown) => {
          timers.remove(timer)
          source.dispose()
          reject(error)
        },
      )
    })
  }
}

/** {@link Timeout} for a single call. @throws TimeoutError; ConfigError when `duration` is none. */
export function withTimeout<T>(call: Call<T>, duration: Duration, message?: string): Promise<T> {
  return new Timeout({ duration, message }).execute(call)
}

/** What is wrong with `options`; empty when a Timeout can be made of them. */
export function timeoutProblems(options: Duration | TimeoutOptions): readonly ConfigProblem[] {
  return problemsOf(readOptions, named(options))
}

type NamedOptions = TimeoutOptions & { readonly ''?: Duration }

/** A duration alone has no name, so that a complaint about it has no path. */
function named(options: Duration | TimeoutOptions): Partial<NamedOptions> {
  return typeof options === 'number' || typeof options === 'string' ? { '': options } : options
}

function readOptions(options: OptionsReader<Partial<NamedOptions>>): ResolvedTimeoutOptions {
  return {
    message: options.string('message', undefined),
    durationMs: options.duration(options.has('') ? '' : options.required('duration'), 1, 1),
    propagate: options.boolean('propagate', false),
    metrics: options.able('metrics', 'MetricsCollector', 'recordSuccess'),
  }
}

/** A query that begins only when it is awaited, as many clients return it, is to begin here, where there is a deadline to inherit. */
async function awaited<T>(call: Call<T>, context: CallContext): Promise<T> {
  return await call(context)
}

function isThenable<T>(result: T | PromiseLike<T>): result is PromiseLike<T> {
  return typeof result === 'object' && result !== null && 'then' in result && typeof result.then === 'function'
}
