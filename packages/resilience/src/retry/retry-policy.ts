import { type Clock, durationText, guardClock, type Random, systemClock, systemRandom, tell, toError } from '@hazeljs/core'
import type { PolicyDescription } from '../description.js'
import { RetryExhaustedError } from '../errors.js'
import { recorded } from '../metrics/recorded.js'
import { callRanBefore, judgeResult } from '../outcome.js'
import { begin, type Call, type CallContext, type CallOptions, enter, type Policy } from '../policy.js'
import { Attempt, type Decision } from './attempt.js'
import { leastPausesMs } from './backoff.js'
import { type ResolvedRetryOptions, resolveRetryOptions, type RetryOptions } from './options.js'
import { pause } from './pause.js'

/**
 * Calls again after a failure that waiting may cure.
 *
 * Place it inside the total timeout, so that attempts and pauses share one deadline, and outside the circuit breaker, so that each attempt
 * is judged alone. An abort ends a pause at once, and its reason wins. A pause that would outlast the deadline is not begun. A call whose
 * options say `idempotent: false` is made again only where it cannot have happened: a policy inside turned it away, or nothing was sent.
 */
export class RetryPolicy implements Policy {
  readonly #options: ResolvedRetryOptions
  readonly #clock: Clock
  readonly #random: Random

  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(options: RetryOptions = {}, clock: Clock = systemClock, random: Random = systemRandom) {
    this.#options = resolveRetryOptions(options)
    this.#clock = guardClock(clock)
    this.#random = random
  }

  /**
   * @throws RetryExhaustedError when the retries are used up, the budget is empty or the deadline too near, with the last failure as its
   * `cause`. A failure that is not retried, as the predicate or `maxRetryAfter` decide, and any failure where `maxAttempts` is 0, is
   * thrown as it is.
   */
  execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T> {
    const callContext = enter(call, context)
    if (callContext.aborted) return Promise.reject(callContext.cancellation.reason)
    const { metrics } = this.#options
    if (metrics === undefined) return this.#run(call, callContext)
    const ending: Ending = { refused: false }
    return recorded(
      metrics,
      this.#clock,
      callContext,
      () => this.#run(call, callContext, ending),
      () => ending.refused,
    )
  }

  describe(): PolicyDescription {
    const { maxAttempts } = this.#options
    const least = leastPausesMs(this.#options)
    return { policy: 'RetryPolicy', summary: summaryOf(this.#options), attempts: maxAttempts + 1, leastPausesMs: least }
  }

  #run<T>(call: Call<T>, context: CallContext, ending?: Ending): Promise<T> {
    const { budget, resultPredicate } = this.#options
    if (budget !== undefined && context.isFirstFor(budget)) budget.deposit()
    const first = new Attempt(this.#options, this.#random, context, 1, undefined)
    const outcome = begin(call, first)
    const goOn = () => this.#goOn(call, context, first, outcome, ending)
    return resultPredicate === undefined ? outcome.then(undefined, goOn) : goOn()
  }

  /** From the first attempt's outcome to the last one's. */
  async #goOn<T>(call: Call<T>, context: CallContext, attempt: Attempt, outcome: Promise<T>, ending: Ending | undefined): Promise<T> {
    const { resultPredicate } = this.#options
    let callRan = false
    for (;;) {
      let decision: Decision
      try {
        const result = await outcome
        if (resultPredicate === undefined || judgeResult(result, resultPredicate) !== 'failure') return result
        callRan = true
        decision = attempt.concludeResult(result)
        if (decision.next !== 'retry') {
          if (ending !== undefined) ending.refused = true
          return result
        }
        this.#tell(() => new Error('The result is as good as a failure', { cause: result }), attempt.attempt)
      } catch (failure) {
        callRan ||= callRanBefore(failure)
        decision = attempt.conclude(failure)
        if (decision.next === 'rethrow') throw failure
        if (decision.next === 'give-up') throw new RetryExhaustedError(attempt.attempt, failure, decision.reason, callRan)
        this.#tell(() => toError(failure), attempt.attempt)
      }
      await pause(this.#clock, decision.delayMs, context.cancellation)
      attempt = new Attempt(this.#options, this.#random, context, attempt.attempt + 1, decision.delayMs)
      outcome = begin(call, attempt)
    }
  }

  #tell(failure: () => Error, retry: number): void {
    const { onRetry } = this.#options
    if (onRetry !== undefined) tell('onRetry', () => onRetry(failure(), retry))
  }
}

/** How an execution that resolved came to its end. */
interface Ending {
  /** With a result that `resultPredicate` refuses. */
  refused: boolean
}

function summaryOf({ maxAttempts, backoff, baseDelayMs, maxDelayMs, jitter, budget }: ResolvedRetryOptions): string {
  const pauses = `${backoff} from ${durationText(baseDelayMs)} to ${durationText(maxDelayMs)}, jitter ${jitter}`
  return `retries: ${maxAttempts}, ${pauses}${budget === undefined ? '' : ', within a budget'}`
}
