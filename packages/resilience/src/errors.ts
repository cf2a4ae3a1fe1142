import { HazelError } from '@hazeljs/core'
import type { CircuitState } from './circuit-breaker/circuit-state.js'

/** What every {@link ResilienceError} says beside its code and message. */
export interface ResilienceErrorDetails {
  readonly callRan: boolean
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/** The root of the errors that policies throw of their own accord. */
export class ResilienceError extends HazelError {
  /** Whether the guarded call was started at least once. `false`: nothing happened, so calling again repeats nothing. */
  readonly callRan: boolean
  /** How long to wait before calling again has a chance. `undefined`: not known. */
  readonly retryAfterMs: number | undefined

  constructor(code: string, message: string, details: ResilienceErrorDetails) {
    super(code, message, 'cause' in details ? { cause: details.cause } : undefined)
    this.callRan = details.callRan
    this.retryAfterMs = details.retryAfterMs
  }
}

/** The circuit lets no call through. Code `CIRCUIT_OPEN`; the call did not run. */
export class CircuitBreakerError extends ResilienceError {
  readonly state: CircuitState

  /** `name` is the breaker's, where it has one; `retryAfterMs` is missing when the circuit was opened by hand. */
  constructor(state: CircuitState, retryAfterMs?: number, name?: string) {
    const circuit = name === undefined ? 'The circuit' : `The circuit '${name}'`
    const wait = retryAfterMs === undefined ? '' : `; the next call may pass in ${Math.ceil(retryAfterMs)} ms`
    super('CIRCUIT_OPEN', `${circuit} is ${state}${wait}`, { callRan: false, retryAfterMs })
    this.state = state
  }
}

/** The call took too long and was aborted. Code `TIMEOUT`; the call ran, and its effects may have happened. */
export class TimeoutError extends ResilienceError {
  readonly timeoutMs: number

  constructor(timeoutMs: number, message = `The call took longer than ${timeoutMs} ms`) {
    super('TIMEOUT', message, { callRan: true })
    this.timeoutMs = timeoutMs
  }
}

/** No place was free, or none became free in time. Code `BULKHEAD_FULL`; the call did not run. */
export class BulkheadError extends ResilienceError {
  /**
   * `full`: calls and queue were at their limits. `queue-timeout`: the call waited for all of `queueTimeout`, or until the time around the
   * bulkhead was over, whose error is the `cause`. `limit`: as many calls as the latency allows were under way.
   */
  readonly reason: 'full' | 'queue-timeout' | 'limit'

  constructor(reason: BulkheadError['reason'], message: string, cause?: unknown) {
    super('BULKHEAD_FULL', message, cause === undefined ? { callRan: false } : { callRan: false, cause })
    this.reason = reason
  }
}

/** The limit is used up. Code `RATE_LIMITED`; the call did not run. */
export class RateLimitError extends ResilienceError {
  declare readonly retryAfterMs: number

  /** After `retryAfterMs` the same call is admitted, if nobody else takes its place. `cause`: what ended the waiting for it. */
  constructor(retryAfterMs: number, cause?: unknown) {
    super('RATE_LIMITED', `The rate limit is used up; the next call may pass in ${Math.ceil(retryAfterMs)} ms`, {
      callRan: false,
      retryAfterMs,
      ...(cause === undefined ? undefined : { cause }),
    })
  }
}

/** Why a retry gave up. `attempts`: all retries were used. `budget`: the retry budget was empty. `deadline`: it ends before the next pause. */
export type RetryStop = 'attempts' | 'budget' | 'deadline'

const stopTexts: Readonly<Record<RetryStop, string>> = {
  attempts: '',
  budget: ' and the retry budget is empty',
  deadline: ' and the deadline is too near for another',
}

/** Retries did not help. Code `RETRY_EXHAUSTED`; the last failure is the `cause`. */
export class RetryExhaustedError extends ResilienceError {
  /** Calls made, the first one included. */
  readonly attempts: number
  readonly reason: RetryStop

  constructor(attempts: number, lastError: unknown, reason: RetryStop, callRan: boolean) {
    const message = lastError instanceof Error ? `: ${lastError.message}` : ''
    super('RETRY_EXHAUSTED', `Failed after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}${stopTexts[reason]}${message}`, {
      callRan,
      cause: lastError,
    })
    this.attempts = attempts
    this.reason = reason
  }

  /** What the last attempt failed with, as it was thrown. The same as `cause`. */
  get lastError(): unknown {
    return this.cause
  }
}

/**
 * The reason with which copies of a hedged call are aborted that are not needed any more; it does not come out of the hedge. Its name is
 * `AbortError`, so that whoever meets it takes it for a cancellation and for nobody's failure. Code `HEDGE_LOST`.
 */
export class HedgeLostError extends ResilienceError {
  override readonly name = 'AbortError'

  constructor() {
    super('HEDGE_LOST', 'Another copy of the call decided its outcome', { callRan: true })
  }
}
