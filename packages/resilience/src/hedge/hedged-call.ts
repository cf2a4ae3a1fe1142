import { CancelSource, type Clock, type QueuedTimer, type TimerQueue } from '@hazeljs/core'
import { HedgeLostError } from '../errors.js'
import { type Call, CallContext } from '../policy.js'
import type { RetryBudget } from '../retry/retry-budget.js'
import type { HedgeDelay } from './hedge-delay.js'

/** What the calls of one hedge have in common. */
export interface HedgeTerms {
  readonly maxHedges: number
  readonly budget: RetryBudget | undefined
  readonly clock: Clock
  readonly delay: HedgeDelay
  readonly tally: HedgeTally
}

/** Counters. */
export interface HedgeTally {
  calls: number
  hedges: number
  won: number
  suppressed: number
}

/**
 * One call and its copies. A copy is `running`, `spent` once it was promised that its failure will be thrown away, so that it must fail,
 * or `settled`. The call is over when a copy succeeds, or when none runs any more.
 */
export class HedgedCall<T> {
  readonly #call: Call<T>
  readonly #context: CallContext
  readonly #terms: HedgeTerms
  readonly #timers: TimerQueue | undefined
  readonly #resolve: (value: T) => void
  readonly #reject: (failure: unknown) => void
  readonly #startMs: number
  readonly #first: Copy
  #hedges: Copy[] | undefined
  #running = 1
  #timer: QueuedTimer | undefined
  /** No further copy is made: the call is over, the budget is empty, or a retry was asked about the failure of the only copy that runs. */
  #closed = false
  #over = false

  constructor(call: Call<T>, context: CallContext, terms: HedgeTerms, resolve: (value: T) => void, reject: (failure: unknown) => void) {
    this.#call = call
    this.#context = context
    this.#terms = terms
    this.#timers = terms.delay.timers
    this.#resolve = resolve
    this.#reject = reject
    this.#startMs = terms.clock.now()
    this.#first = new Copy(this, context)
  }

  start(): void {
    this.#run(this.#first)
    this.#arm(this.#startMs)
  }

  /** Whether the failure of `copy`, which has not settled, will be thrown away or retried. */
  claim(copy: Copy, failure: unknown): boolean {
    if (this.#over || copy.state === 'settled') return false
    if (copy.state === 'spent') return true
    if (this.#running > 1 && !this.#context.aborted) {
      copy.state = 'spent'
      this.#running--
      return true
    }
    this.#close()
    return this.#context.claimRetry(failure)
  }

  /** Whether `copy` is the first attempt of a call that nobody has counted in `budget`. */
  isFirstFor(copy: Copy, budget: RetryBudget): boolean {
    return copy === this.#first && budget !== this.#terms.budget && this.#context.isFirstFor(budget)
  }

  #run(copy: Copy): void {
    let result: T | PromiseLike<T>
    try {
      result = this.#call(copy)
    } catch (failure) {
      this.#failed(copy, failure)
      return
    }
    Promise.resolve(result).then(
      (value) => this.#succeeded(copy, value),
      (failure: unknown) => this.#failed(copy, failure),
    )
  }

  /** Sets the time of the next copy: a delay after `startMs`, or after now. */
  #arm(startMs?: number): void {
    const timers = this.#timers
    if (timers === undefined || this.#closed || (this.#hedges?.length ?? 0) >= this.#terms.maxHedges) return
    // Calls share a timer, which runs in the asynchronous context of the one that set it. What follows a promise runs in this call's own.
    void new Promise<void>((due) => {
      this.#timer = timers.add(due, startMs)
    }).then(() => this.#hedge())
  }

  #hedge(): void {
    if (this.#closed || this.#context.aborted) return
    const { budget, tally } = this.#terms
    if (budget !== undefined && !budget.tryTake()) {
      tally.suppressed++
      this.#closed = true
      return
    }
    tally.hedges++
    this.#running++
    const copy = new Copy(this, this.#context)
    this.#hedges = [...(this.#hedges ?? []), copy]
    this.#run(copy)
    this.#arm()
  }

  #succeeded(copy: Copy, value: T): void {
    if (this.#over) return
    copy.state = 'settled'
    const { delay, tally } = this.#terms
    if (copy !== this.#first) tally.won++
    delay.succeeded(this.#startMs)
    this.#resolve(value)
    this.#end()
  }

  #failed(copy: Copy, failure: unknown): void {
    if (this.#over) return
    if (copy.state === 'running') this.#running--
    copy.state = 'settled'
    if (this.#running > 0 && !this.#context.aborted) {
      copy.source.dispose()
      return
    }
    this.#reject(failure)
    this.#end()
  }

  #end(): void {
    this.#over = true
    this.#close()
    const lost = this.#hedges === undefined ? undefined : new HedgeLostError()
    this.#first.end(lost)
    if (this.#hedges !== undefined) for (const copy of this.#hedges) copy.end(lost)
  }

  #close(): void {
    this.#closed = true
    if (this.#timer !== undefined) this.#timers?.remove(this.#timer)
  }
}

/** What a copy needs of its call. */
interface Copies {
  claim(copy: Copy, failure: unknown): boolean
  isFirstFor(copy: Copy, budget: RetryBudget): boolean
}

/** The context of one copy. */
class Copy extends CallContext {
  readonly source: CancelSource
  state: 'running' | 'spent' | 'settled' = 'running'
  readonly #copies: Copies

  constructor(copies: Copies, outer: CallContext, source = new CancelSource(outer.cancellation)) {
    super(source, outer.attempt, outer)
    this.source = source
    this.#copies = copies
  }

  override claimRetry(failure: unknown): boolean {
    return this.#copies.claim(this, failure)
  }

  override isFirstFor(budget: RetryBudget): boolean {
    return this.#copies.isFirstFor(this, budget)
  }

  /** The call is over: aborts what has not settled, with `lost` as the reason. */
  end(lost: HedgeLostError | undefined): void {
    if (this.state !== 'settled') this.source.abort(lost)
    this.source.dispose()
  }
}
