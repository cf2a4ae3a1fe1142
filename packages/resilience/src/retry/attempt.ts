import { type Random, reportFault, toError } from '@hazeljs/core'
import type { RetryStop } from '../errors.js'
import { isCancellation, outcomeOf } from '../outcome.js'
import { CallContext } from '../policy.js'
import { backoffMs } from './backoff.js'
import { mayHaveHappened } from './never-sent.js'
import type { ResolvedRetryOptions } from './options.js'
import { retryAfterMsOf } from './retry-after.js'
import type { RetryBudget } from './retry-budget.js'
import { isRetryable } from './retryable.js'

/** What becomes of a failed attempt. */
export type Decision =
  | { readonly next: 'retry'; readonly delayMs: number }
  /** Retrying would not help: the failure is rethrown as it is. */
  | { readonly next: 'rethrow' }
  | { readonly next: 'give-up'; readonly reason: RetryStop }

const rethrow: Decision = { next: 'rethrow' }
const attemptsUsedUp: Decision = { next: 'give-up', reason: 'attempts' }
const budgetEmpty: Decision = { next: 'give-up', reason: 'budget' }
const deadlineTooNear: Decision = { next: 'give-up', reason: 'deadline' }

/**
 * One attempt of a retry: the context of its call. It decides once about a failure, when the call asks with {@link claimRetry} or when it
 * rejects. A decision stands for the failure it was made for, so what a claim was told is kept: the token is taken from the budget and the
 * pause is drawn.
 */
export class Attempt extends CallContext {
  readonly #options: ResolvedRetryOptions
  readonly #random: Random
  readonly #previousDelayMs: number | undefined
  #decision: Decision | undefined
  #decidedFor: unknown
  #tokenTaken = false
  #over = false

  constructor(options: ResolvedRetryOptions, random: Random, outer: CallContext, number: number, previousDelayMs: number | undefined) {
    super(outer.cancellation, number, outer)
    this.#options = options
    this.#random = random
    this.#previousDelayMs = previousDelayMs
  }

  /** For the call while it runs; afterwards there is nothing left to claim. */
  override claimRetry(failure: unknown): boolean {
    return !this.#over && this.#decide(failure).next === 'retry'
  }

  override isFirstFor(budget: RetryBudget): boolean {
    return this.attempt === 1 && budget !== this.#options.budget && super.isFirstFor(budget)
  }

  /** The attempt rejected with `failure`. */
  conclude(failure: unknown): Decision {
    this.#over = true
    return this.aborted ? rethrow : this.#decide(failure)
  }

  /** The attempt resolved with `result`, which is as good as a failure: it stands unless the decision is to retry. */
  concludeResult(result: unknown): Decision {
    this.#over = true
    return this.aborted || !this.#mayHappenTwice ? rethrow : this.#plan(result)
  }

  get #mayHappenTwice(): boolean {
    return this.options.idempotent ?? this.#options.idempotent
  }

  #decide(failure: unknown): Decision {
    if (this.#decision === undefined || !Object.is(failure, this.#decidedFor)) {
      this.#decidedFor = failure
      this.#decision = this.#decideAnew(failure)
    }
    return this.#decision
  }

  #decideAnew(failure: unknown): Decision {
    if (this.aborted || !this.#isRetryable(failure)) return rethrow
    if (!this.#mayHappenTwice && mayHaveHappened(failure)) return rethrow
    return this.#plan(failure)
  }

  /** Whether there is another attempt after `ended`, a failure or a result, and when. */
  #plan(ended: unknown): Decision {
    const { maxAttempts, maxRetryAfterMs, budget } = this.#options
    const retryAfterMs = retryAfterMsOf(ended) ?? 0
    if (maxAttempts === 0 || retryAfterMs > maxRetryAfterMs) return rethrow
    if (this.attempt > maxAttempts) return attemptsUsedUp
    const delayMs = Math.max(retryAfterMs, backoffMs(this.#options, this.attempt, this.#previousDelayMs, this.#random))
    if (this.remainingMs <= delayMs) return deadlineTooNear
    if (budget !== undefined && !this.#tokenTaken) {
      if (!budget.tryTake()) return budgetEmpty
      this.#tokenTaken = true
    }
    return { next: 'retry', delayMs }
  }

  #isRetryable(failure: unknown): boolean {
    if (isCancellation(failure, this)) return false
    const error = toError(failure)
    const { retryPredicate } = this.#options
    if (retryPredicate === undefined) return isRetryable(error)
    try {
      return outcomeOf('retryPredicate', retryPredicate(error), 'ignored') === 'failure'
    } catch (fault) {
      reportFault('retryPredicate', fault)
      return isRetryable(error)
    }
  }
}
