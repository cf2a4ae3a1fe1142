import { type Cancellation, type Clock, eitherOf, fromSignal, neverCancelled } from '@hazeljs/core'
import { type AmbientCall, ambientCall } from './ambient.js'
import { type CallOptions, callOptionsError, noFunctionError } from './call-options.js'
import type { PolicyDescription } from './description.js'
import type { RetryBudget } from './retry/retry-budget.js'

export type { CallOptions, Priority } from './call-options.js'

/** What a policy runs. Functions that take no parameter fit. */
export type Call<T> = (context: CallContext) => T | PromiseLike<T>

/** Where a policy keeps the type of what it may resolve with in place of the call's result; there is no such property at run time. */
export declare const alternative: unique symbol

/**
 * Guards calls. Policies nest, outermost first: `execute` of one runs inside `execute` of another with the context it was given.
 * `Alternative` is what it may resolve with instead of the call's result, as a fallback does.
 */
export interface Policy<Alternative = never> {
  execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T | Alternative>
  /** What it does, in numbers, for `describe` and `lint`. */
  describe?(): PolicyDescription
  readonly [alternative]?: () => Alternative
}

/** What a policy may resolve with in place of the call's result. */
export type AlternativeOf<P> = P extends unknown
  ? typeof alternative extends keyof P
    ? NonNullable<P[typeof alternative]> extends () => infer A
      ? A
      : never
    : never
  : never

const noOptions: CallOptions = {}

/** What a call is told: how to notice that it was called off, how much time is left, and which attempt it is. */
export class CallContext {
  /** From 1. */
  readonly attempt: number
  readonly cancellation: Cancellation
  /** What the caller handed over. */
  readonly options: CallOptions
  readonly #outer: CallContext | undefined

  /** `outer` answers {@link claimRetry}, {@link remainingMs} and {@link isFirstFor}; its options are this one's, too. */
  constructor(cancellation: Cancellation, attempt = 1, outer?: CallContext, options: CallOptions = outer?.options ?? noOptions) {
    this.cancellation = cancellation
    this.attempt = attempt
    this.options = options
    this.#outer = outer
  }

  /** Aborted by timeouts, lost hedges and the caller. Made when first read: a call that never asks never pays. */
  get signal(): AbortSignal {
    return this.cancellation.signal
  }

  get aborted(): boolean {
    return this.cancellation.aborted
  }

  /** Milliseconds until the nearest deadline around the call, to be passed on to whatever it calls; Infinity without one. Never below 0. */
  get remainingMs(): number {
    return this.#outer === undefined ? Infinity : this.#outer.remainingMs
  }

  /**
   * Asks the enclosing retry, while the attempt still runs, whether it will try again if the attempt fails with `failure` now. A `true`
   * is a promise: the call has to reject with that failure, and the next attempt follows. Without a retry around it, and for a call that
   * was called off, whose failure nobody waits for: `false`.
   */
  claimRetry(failure: unknown): boolean {
    return this.#outer !== undefined && !this.aborted && this.#outer.claimRetry(failure)
  }

  /**
   * For policies that pay from `budget`: whether this is the first attempt of a call that no policy further out has counted in it. So a
   * call makes one deposit, however many policies share the budget, and retries and hedges make none.
   */
  isFirstFor(budget: RetryBudget): boolean {
    return this.#outer === undefined || this.#outer.isFirstFor(budget)
  }

  /** The same attempt, called off by `cancellation`, whose parent is this context's. */
  under(cancellation: Cancellation): CallContext {
    return new CallContext(cancellation, this.attempt, this)
  }

  /** The same attempt, called off by `cancellation`, whose owner does so when `clock` reads `dueMs`. */
  underDeadline(cancellation: Cancellation, clock: Clock, dueMs: number): CallContext {
    return new LimitedContext(cancellation, this, clock, dueMs)
  }
}

class LimitedContext extends CallContext {
  readonly #clock: Clock
  readonly #dueMs: number

  constructor(cancellation: Cancellation, outer: CallContext, clock: Clock, dueMs: number) {
    super(cancellation, outer.attempt, outer)
    this.#clock = clock
    this.#dueMs = dueMs
  }

  override get remainingMs(): number {
    return Math.min(super.remainingMs, Math.max(0, this.#dueMs - this.#clock.now()))
  }
}

/** A call made inside another, in the same asynchronous flow: the same deadlines, but an attempt of its own. */
class NestedContext extends CallContext {
  readonly #ambient: AmbientCall

  constructor(ambient: AmbientCall, { signal, ...options }: CallOptions) {
    super(signal === undefined ? ambient.cancellation : eitherOf(fromSignal(signal), ambient.cancellation), 1, undefined, options)
    this.#ambient = ambient
  }

  override get remainingMs(): number {
    return this.#ambient.remainingMs
  }
}

/** The context outside of every policy. */
export function rootContext(signal?: AbortSignal): CallContext {
  return new CallContext(signal === undefined ? neverCancelled : fromSignal(signal))
}

/** Starts a call: what it throws at once is a rejection, what it returns is a promise. Half the price of an async function around it. */
export function begin<T>(call: Call<T>, context: CallContext): Promise<T> {
  try {
    return Promise.resolve(call(context))
  } catch (error) {
    return Promise.reject(error)
  }
}

const outside = rootContext()

/** That of another copy of the package is one, too: contexts ask one another by their methods alone. */
function isContext(given: CallContext | CallOptions | undefined): given is CallContext {
  return given instanceof CallContext || (typeof given === 'object' && (given as CallOptions | null) !== null && 'claimRetry' in given)
}

/**
 * What `execute` was given, as a context. Options, or nothing, mean a call of its own, which inherits the deadline and the cancellation
 * that are passed on here, as by `withDeadline`. Of wrong options, a context that is called off with a ConfigError.
 */
export function toContext(given: CallContext | CallOptions | undefined): CallContext {
  if (isContext(given)) return given
  const error = given === undefined ? undefined : callOptionsError(given)
  if (error !== undefined) return rootContext(AbortSignal.abort(error))
  const ambient = ambientCall.getStore()
  if (ambient !== undefined) return new NestedContext(ambient, given ?? noOptions)
  if (given === undefined) return outside
  return new CallContext(given.signal === undefined ? neverCancelled : fromSignal(given.signal), 1, undefined, given)
}

/**
 * The context of a call that a policy is about to make: {@link toContext}, but that what is no function is refused in the same way. Every
 * policy rejects with the reason of what was called off beforehand, and counts nothing.
 */
export function enter(call: unknown, given: CallContext | CallOptions | undefined): CallContext {
  return typeof call === 'function' ? toContext(given) : rootContext(AbortSignal.abort(noFunctionError(call)))
}
