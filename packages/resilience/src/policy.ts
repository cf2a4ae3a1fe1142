import { type Cancellation, fromSignal, neverCancelled } from '@hazeljs/core'

/** What a policy runs. Functions that take no parameter fit. */
export type Call<T> = (context: CallContext) => T | PromiseLike<T>

/** What a caller may hand to `execute`. */
export interface CallOptions {
  /** Calls the work off: pauses end, queue places are given up, and the signal that the call sees aborts. */
  readonly signal?: AbortSignal
}

/** Guards calls. Policies nest, outermost first: `execute` of one runs inside `execute` of another with the context it was given. */
export interface Policy {
  execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T>
}

/** What a call is told: how to notice that it was called off, and which attempt it is. */
export class CallContext {
  /** From 1. */
  readonly attempt: number
  readonly cancellation: Cancellation
  readonly #outer: CallContext | undefined

  /** `outer` answers {@link claimRetry}. */
  constructor(cancellation: Cancellation, attempt = 1, outer?: CallContext) {
    this.cancellation = cancellation
    this.attempt = attempt
    this.#outer = outer
  }

  /** Aborted by timeouts, lost hedges and the caller. Made when first read: a call that never asks never pays. */
  get signal(): AbortSignal {
    return this.cancellation.signal
  }

  get aborted(): boolean {
    return this.cancellation.aborted
  }

  /**
   * Asks the enclosing retry, while the attempt still runs, whether it will try again if the attempt fails with `failure` now. A `true`
   * is a promise: the call has to reject with that failure, and the next attempt follows. Without a retry around it: `false`.
   */
  claimRetry(failure: unknown): boolean {
    return this.#outer !== undefined && this.#outer.claimRetry(failure)
  }

  /** The same attempt, called off by `cancellation`, whose parent is this context's. */
  under(cancellation: Cancellation): CallContext {
    return new CallContext(cancellation, this.attempt, this)
  }
}

/** The context outside of every policy. */
export function rootContext(signal?: AbortSignal): CallContext {
  return new CallContext(signal === undefined ? neverCancelled : fromSignal(signal))
}

const outside = rootContext()

/** What `execute` was given, as a context. */
export function toContext(context: CallContext | CallOptions | undefined): CallContext {
  if (context === undefined) return outside
  return context instanceof CallContext ? context : rootContext(context.signal)
}
