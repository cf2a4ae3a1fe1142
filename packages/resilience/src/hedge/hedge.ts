import { type Clock, durationText, guardClock, systemClock } from '@hazeljs/core'
import type { PolicyDescription } from '../description.js'
import { recorded } from '../metrics/recorded.js'
import { type Call, type CallContext, type CallOptions, enter, type Policy } from '../policy.js'
import { HedgeDelay } from './hedge-delay.js'
import { HedgedCall, type HedgeTally, type HedgeTerms } from './hedged-call.js'
import { type HedgeOptions, type ResolvedHedgeOptions, resolveHedgeOptions } from './options.js'

/** Counts since the hedge was made. */
export interface HedgeMetrics {
  /** Without those that must not happen twice. */
  readonly calls: number
  /** Copies made beside the first. */
  readonly hedges: number
  /** Calls that a copy beside the first was first to answer. */
  readonly won: number
  /** Calls that were slow, and not hedged because the budget was empty. */
  readonly suppressed: number
  /** After how many milliseconds a call that begins now is hedged; `undefined` while too few successes were timed. */
  readonly delayMs: number | undefined
}

/**
 * Makes a second copy of a call that is slow, and takes whichever succeeds first; the other is aborted at once. For targets of which a
 * few answers are slow by chance, such as a busy instance: a few per cent more calls cut off the tail of the response times. [Dean and
 * Barroso, The Tail at Scale; gRFC A6]
 *
 * Only for calls that may happen twice: those whose options say `idempotent: false` are never hedged. A failure is no reason for a copy:
 * where the first fails before there was one, the call fails; that is for a retry, around the hedge. Place it outside the circuit breaker
 * and the timeout of an attempt, which then guard each copy, and inside the total timeout, which all copies share.
 */
export class Hedge implements Policy {
  readonly #options: ResolvedHedgeOptions
  readonly #clock: Clock
  readonly #tally: HedgeTally = { calls: 0, hedges: 0, won: 0, suppressed: 0 }
  readonly #terms: HedgeTerms

  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(options: HedgeOptions = {}, clock: Clock = systemClock) {
    this.#options = resolveHedgeOptions(options)
    this.#clock = guardClock(clock)
    const { maxHedges, budget } = this.#options
    const delay = new HedgeDelay(this.#clock, this.#options)
    this.#terms = { maxHedges, budget, clock: this.#clock, delay, tally: this.#tally }
  }

  /**
   * @throws what the call throws; where several copies ran and all failed, what the last one of them did. That is the failure that an
   * enclosing retry was asked about where the call asked `claimRetry`: a copy beside which another runs is told that its failure will be
   * thrown away.
   */
  execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T> {
    const callContext = enter(call, context)
    if (callContext.aborted) return Promise.reject(callContext.cancellation.reason)
    const { metrics } = this.#options
    return metrics === undefined
      ? this.#run(call, callContext)
      : recorded(metrics, this.#clock, callContext, () => this.#run(call, callContext))
  }

  getMetrics(): HedgeMetrics {
    return { ...this.#tally, delayMs: this.#terms.delay.ms }
  }

  describe(): PolicyDescription {
    const { delayMs, quantile, maxHedges, budget } = this.#options
    const when = delayMs === undefined ? `the p${quantile} of successes` : durationText(delayMs)
    const count = `${maxHedges} ${maxHedges === 1 ? 'hedge' : 'hedges'} after ${when}`
    return { policy: 'Hedge', summary: budget === undefined ? count : `${count}, within a budget`, hedgeDelayMs: delayMs }
  }

  #run<T>(call: Call<T>, context: CallContext): Promise<T> {
    if (context.options.idempotent === false) return once(call, context)
    const { budget } = this.#options
    if (budget !== undefined && context.isFirstFor(budget)) budget.deposit()
    this.#tally.calls++
    return new Promise((resolve, reject) => {
      new HedgedCall(call, context, this.#terms, resolve, reject).start()
    })
  }
}

async function once<T>(call: Call<T>, context: CallContext): Promise<T> {
  return call(context)
}
