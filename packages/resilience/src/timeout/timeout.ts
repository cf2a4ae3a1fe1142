import { CancelSource, type Clock, type ConfigProblem, type Duration, OptionsCheck, systemClock } from '@hazeljs/core'
import { TimeoutError } from '../errors.js'
import { type Call, type CallContext, type CallOptions, type Policy, toContext } from '../policy.js'

export interface TimeoutOptions {
  /** From 1 ms. */
  readonly duration: Duration
  /** The message of the TimeoutError. Default: one that names the duration. */
  readonly message?: string
}

/**
 * Gives a call a limited time. When it is over, `execute` rejects with a TimeoutError at once, and the call's context is aborted with the
 * same error as the reason, so that a call that listens stops working; whatever it does later changes nothing.
 */
export class Timeout implements Policy {
  readonly #durationMs: number
  readonly #message: string | undefined
  readonly #clock: Clock

  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(options: Duration | TimeoutOptions, clock: Clock = systemClock) {
    const check = new OptionsCheck('Timeout')
    const { durationMs, message } = checkTimeoutOptions(options, check)
    check.done()
    this.#durationMs = durationMs
    this.#message = message
    this.#clock = clock
  }

  /** @throws TimeoutError when the time is over; else what the call throws. */
  execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T> {
    const callContext = toContext(context)
    if (callContext.aborted) return Promise.reject(callContext.cancellation.reason)
    return new Promise<T>((resolve, reject) => {
      const source = new CancelSource(callContext.cancellation)
      const timer = this.#clock.setTimer(() => {
        const error = new TimeoutError(this.#durationMs, this.#message)
        reject(error)
        source.abort(error)
        source.dispose()
      }, this.#durationMs)
      const settle = () => {
        this.#clock.clearTimer(timer)
        source.dispose()
      }
      const fail = (error: unknown) => {
        settle()
        reject(error)
      }
      try {
        const result = call(callContext.under(source))
        if (isThenable(result)) {
          result.then((value) => {
            settle()
            resolve(value)
          }, fail)
          return
        }
        settle()
        resolve(result)
      } catch (error) {
        fail(error)
      }
    })
  }
}

/** {@link Timeout} for a single call. @throws TimeoutError; ConfigError when `duration` is none. */
export function withTimeout<T>(call: Call<T>, duration: Duration, message?: string): Promise<T> {
  return new Timeout(message === undefined ? duration : { duration, message }).execute(call)
}

/** What is wrong with `options`; empty when a Timeout can be made of them. */
export function timeoutProblems(options: Duration | TimeoutOptions): readonly ConfigProblem[] {
  const check = new OptionsCheck('Timeout')
  checkTimeoutOptions(options, check)
  return check.problems
}

function checkTimeoutOptions(given: Duration | TimeoutOptions, check: OptionsCheck): { durationMs: number; message: string | undefined } {
  const bare = typeof given === 'number' || typeof given === 'string'
  const { duration, message } = bare ? { duration: given, message: undefined } : check.object('', given, ['duration', 'message'])
  if (message !== undefined && typeof message !== 'string') check.add('message', 'expected a string')
  if (duration === undefined) check.add('duration', 'is required')
  return { durationMs: check.duration(bare ? '' : 'duration', duration, 1, 1), message }
}

function isThenable<T>(result: T | PromiseLike<T>): result is PromiseLike<T> {
  return typeof result === 'object' && result !== null && 'then' in result && typeof result.then === 'function'
}
