import { type Clock, type Random, systemClock, systemRandom, toError } from '@hazeljs/core'
import { RetryExhaustedError } from '../errors.js'
import { tell } from '../fault.js'
import { callRanBefore } from '../outcome.js'
import { type Call, type CallContext, type CallOptions, type Policy, toContext } from '../policy.js'
import { Attempt } from './attempt.js'
import { type ResolvedRetryOptions, resolveRetryOptions, type RetryOptions } from './options.js'
import { pause } from './pause.js'

/**
 * Calls again after a failure that waiting may cure.
 *
 * Place it inside the total timeout, so that attempts and pauses share one deadline, and outside the circuit breaker, so that each attempt
 * is judged alone. An abort ends a pause at once, and its reason wins.
 */
export class RetryPolicy implements Policy {
  readonly #options: ResolvedRetryOptions
  readonly #clock: Clock
  readonly #random: Random

  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(options: RetryOptions = {}, clock: Clock = systemClock, random: Random = systemRandom) {
    this.#options = resolveRetryOptions(options)
    this.#clock = clock
    this.#random = random
  }

  /**
   * @throws RetryExhaustedError when the retries are used up or the budget is empty, with the last failure as its `cause`. A failure that
   * is not retried, as the predicate or `maxRetryAfter` decide, and any failure where `maxAttempts` is 0, is thrown as it is.
   */
  async execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T> {
    const callContext = toContext(context)
    if (callContext.aborted) throw callContext.cancellation.reason
    this.#options.budget?.deposit()
    let previousDelayMs: number | undefined
    let callRan = false
    for (let number = 1; ; number++) {
      const attempt = new Attempt(this.#options, this.#random, callContext, number, previousDelayMs)
      try {
        return await call(attempt)
      } catch (failure) {
        callRan ||= callRanBefore(failure)
        const decision = attempt.conclude(failure)
        if (decision.next === 'rethrow') throw failure
        if (decision.next === 'give-up') throw new RetryExhaustedError(number, failure, decision.reason, callRan)
        this.#tell(failure, number)
        await pause(this.#clock, decision.delayMs, callContext.cancellation)
        previousDelayMs = decision.delayMs
      }
    }
  }

  #tell(failure: unknown, retry: number): void {
    const { onRetry } = this.#options
    if (onRetry !== undefined) tell('onRetry', () => onRetry(toError(failure), retry))
  }
}
