import { type Clock, guardClock, reportFault, resolveOptions, systemClock, tell, toError } from '@hazeljs/core'
import type { PolicyDescription } from '../description.js'
import type { MetricsCollector } from '../metrics/metrics-collector.js'
import { recorded } from '../metrics/recorded.js'
import { isCancellation, outcomeOf } from '../outcome.js'
import { type alternative, begin, type Call, type CallContext, type CallOptions, enter, type Policy } from '../policy.js'

/** Answers in place of a call that failed. The arguments of a decorated method are `context.options.args`. */
export type FallbackHandler<R, E extends Error = Error> = (error: E, context: CallContext) => R | PromiseLike<R>

export interface FallbackOptions {
  /**
   * Which failures it answers; the others are thrown on. A type guard gives the handler its type. Other thrown values come wrapped in an
   * Error. Where it throws, that is reported and the failure is thrown on. Default: all. Cancellations are never answered.
   */
  readonly fallbackPredicate?: ((error: Error) => boolean) | undefined
  /** Told before each fallback. What it throws is reported as a warning of the process. */
  readonly onFallback?: ((error: Error) => void) | undefined
  /** Records each execution: a success also where the fallback answered, a failure where nothing did. Default: none. */
  readonly metrics?: MetricsCollector | undefined
}

/** {@link FallbackOptions} whose predicate says which errors the handler gets. */
export interface NarrowedFallbackOptions<E extends Error> extends FallbackOptions {
  readonly fallbackPredicate: (error: Error) => error is E
}

/**
 * Answers failures in the place of the call, with a cached value, say, or another service. Place it outermost, so that it answers for all
 * that other policies could not cure, and they see the failures.
 */
export class FallbackPolicy<R, E extends Error = Error> implements Policy<R> {
  declare readonly [alternative]?: () => R
  readonly #handler: FallbackHandler<R, E>
  readonly #options: FallbackOptions
  readonly #clock: Clock

  /** For a plain value, write `() => value`. @throws ConfigError listing everything that is wrong. */
  constructor(handler: FallbackHandler<R, E>, options: NarrowedFallbackOptions<E>, clock?: Clock)
  constructor(handler: FallbackHandler<R>, options?: FallbackOptions, clock?: Clock)
  constructor(handler: FallbackHandler<R, E>, options: FallbackOptions = {}, clock: Clock = systemClock) {
    this.#options = resolveOptions<FallbackOptions, FallbackOptions>(
      'FallbackPolicy',
      (reader) => {
        if (typeof handler !== 'function') reader.add('handler', 'expected a function; for a plain value, write () => value')
        return {
          fallbackPredicate: reader.function('fallbackPredicate'),
          onFallback: reader.function('onFallback'),
          metrics: reader.able('metrics', 'MetricsCollector', 'recordSuccess'),
        }
      },
      options,
    )
    this.#handler = handler
    this.#clock = guardClock(clock)
  }

  /**
   * @throws what the call throws, where that is a cancellation or `fallbackPredicate` leaves it; else what the handler throws. An Error of
   * the handler's that has no `cause` gets the call's failure for one.
   */
  execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T | R> {
    const callContext = enter(call, context)
    const { metrics } = this.#options
    if (metrics === undefined) return this.#run(call, callContext)
    return recorded(metrics, this.#clock, callContext, () => this.#run(call, callContext))
  }

  describe(): PolicyDescription {
    const swallowsFailures = this.#options.fallbackPredicate === undefined
    const summary = `answers ${swallowsFailures ? 'all failures' : 'the failures its predicate names'}`
    return { policy: 'FallbackPolicy', summary, swallowsFailures }
  }

  #run<T>(call: Call<T>, context: CallContext): Promise<T | R> {
    if (context.aborted) return Promise.reject(context.cancellation.reason)
    return begin(call, context).then(undefined, (thrown: unknown) => this.#answer(thrown, context))
  }

  async #answer(thrown: unknown, context: CallContext): Promise<R> {
    const error = toError(thrown)
    // Where the time around it is over, the caller has its answer.
    if (context.aborted || isCancellation(thrown, context) || !this.#answers(error)) throw thrown
    const { onFallback } = this.#options
    if (onFallback !== undefined) tell('onFallback', () => onFallback(error))
    try {
      return await this.#handler(error as E, context)
    } catch (failure) {
      giveCause(failure, thrown)
      throw failure
    }
  }

  #answers(error: Error): boolean {
    const { fallbackPredicate } = this.#options
    if (fallbackPredicate === undefined) return true
    try {
      return outcomeOf('fallbackPredicate', fallbackPredicate(error), 'ignored') === 'failure'
    } catch (fault) {
      reportFault('fallbackPredicate', fault)
      return false
    }
  }
}

/** What the handler throws on, or what can't be changed, stays as it is. */
function giveCause(failure: unknown, cause: unknown): void {
  if (failure === cause || !(failure instanceof Error) || 'cause' in failure || !Object.isExtensible(failure)) return
  Object.defineProperty(failure, 'cause', { value: cause, writable: true, configurable: true })
}
