import { type Clock, durationText, guardClock, neverCancelled, systemClock, TimerQueue } from '@hazeljs/core'
import type { PolicyDescription } from '../description.js'
import { BulkheadError } from '../errors.js'
import { recorded } from '../metrics/recorded.js'
import { isTimeout } from '../outcome.js'
import { begin, type Call, type CallContext, type CallOptions, enter, type Policy, type Priority } from '../policy.js'
import { WaitingLine } from './waiting-line.js'
import { type BulkheadOptions, type ResolvedBulkheadOptions, resolveBulkheadOptions } from './options.js'

/** The most urgent first. */
const priorities: readonly Priority[] = ['high', 'normal', 'low']
const normal = priorities.indexOf('normal')

export interface BulkheadMetrics {
  readonly activeCalls: number
  readonly queueLength: number
  readonly maxConcurrent: number
  readonly maxQueue: number
  /** Since the bulkhead was made: calls that found neither a place nor a place in the queue. */
  readonly rejectedCalls: number
  /** Since the bulkhead was made: calls that left the queue because of `queueTimeout`. */
  readonly timedOutCalls: number
}

/** Limits how many calls run at the same time; a limited number of others wait. A target that hangs takes its own places, and no more. */
export class Bulkhead implements Policy {
  readonly #options: ResolvedBulkheadOptions
  readonly #clock: Clock
  readonly #timers: TimerQueue | undefined
  readonly #line = new WaitingLine<() => void>(priorities.length)
  #activeCalls = 0
  #rejectedCalls = 0
  #timedOutCalls = 0

  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(options: BulkheadOptions, clock: Clock = systemClock) {
    this.#options = resolveBulkheadOptions(options)
    this.#clock = guardClock(clock)
    const { queueTimeoutMs } = this.#options
    this.#timers = queueTimeoutMs === undefined ? undefined : new TimerQueue(this.#clock, queueTimeoutMs)
  }

  /**
   * A call with `priority` in its options waits less, or longer, than others. An aborted call leaves the queue at once.
   *
   * @throws BulkheadError when no place is free or becomes free in time, be it that of `queueTimeout` or of a timeout around the bulkhead;
   * the reason of another abort; ConfigError for an unknown priority; else what the call throws.
   */
  execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T> {
    const callContext = enter(call, context)
    const { metrics } = this.#options
    if (metrics === undefined) return this.#run(call, callContext)
    return recorded(metrics, this.#clock, callContext, () => this.#run(call, callContext))
  }

  getActiveCalls(): number {
    return this.#activeCalls
  }

  getQueueLength(): number {
    return this.#line.length
  }

  getMetrics(): BulkheadMetrics {
    const { maxConcurrent, maxQueue } = this.#options
    return {
      activeCalls: this.#activeCalls,
      queueLength: this.#line.length,
      maxConcurrent,
      maxQueue,
      rejectedCalls: this.#rejectedCalls,
      timedOutCalls: this.#timedOutCalls,
    }
  }

  describe(): PolicyDescription {
    const { maxConcurrent, maxQueue, queueTimeoutMs } = this.#options
    const wait = queueTimeoutMs === undefined ? '' : ` for at most ${durationText(queueTimeoutMs)}`
    const queue = maxQueue === 0 ? '' : `, ${maxQueue} may wait${wait}`
    return { policy: 'Bulkhead', summary: `${maxConcurrent} at once${queue}`, queueTimeoutMs: maxQueue === 0 ? undefined : queueTimeoutMs }
  }

  #run<T>(call: Call<T>, context: CallContext): Promise<T> {
    if (context.aborted) return Promise.reject(context.cancellation.reason)
    if (context.options.priority !== undefined || !this.#hasPlace) return this.#runInLine(call, context)
    this.#activeCalls++
    return this.#hold(begin(call, context))
  }

  async #runInLine<T>(call: Call<T>, context: CallContext): Promise<T> {
    const { priority } = context.options
    const line = priority === undefined ? normal : priorities.indexOf(priority)
    if (this.#hasPlace) this.#activeCalls++
    else await this.#wait(context, line)
    // Between getting a place and going on, others had their turn.
    const { aborted, reason } = context.cancellation
    return this.#hold(aborted ? Promise.reject(notRun(reason)) : begin(call, context))
  }

  get #hasPlace(): boolean {
    return this.#activeCalls < this.#options.maxConcurrent
  }

  /** Keeps the place until the call has settled. */
  #hold<T>(outcome: Promise<T>): Promise<T> {
    return outcome.then(this.#succeeded as (result: T) => T, this.#failed)
  }

  /** Made once, for closures of each call would cost as much as everything else here. */
  readonly #succeeded = (result: unknown): unknown => {
    this.#release()
    return result
  }

  readonly #failed = (error: unknown): never => {
    this.#release()
    throw error
  }

  /** Hands the place to the next in line, so that no newcomer can take it first. */
  #release(): void {
    const admit = this.#line.shift()
    if (admit === undefined) this.#activeCalls--
    else admit()
  }

  #wait({ cancellation }: CallContext, line: number): Promise<void> {
    const { maxConcurrent, maxQueue, queueTimeoutMs } = this.#options
    if (this.#line.length >= maxQueue) {
      this.#rejectedCalls++
      throw new BulkheadError(
        'full',
        `All ${maxConcurrent} places are taken, and ${maxQueue === 0 ? 'there is no queue' : `${maxQueue} calls wait already`}`,
      )
    }
    return new Promise((resolve, reject) => {
      const settle = () => {
        if (timer !== undefined) this.#timers?.remove(timer)
        cancellation.offAbort(leave)
      }
      const leave = (reason: unknown) => {
        this.#line.leave(place)
        settle()
        reject(notRun(reason))
      }
      const timer = this.#timers?.add(() => {
        this.#timedOutCalls++
        leave(new BulkheadError('queue-timeout', `No place became free within ${queueTimeoutMs} ms`))
      })
      const place = this.#line.join(() => {
        settle()
        resolve()
      }, line)
      if (cancellation !== neverCancelled) cancellation.onAbort(leave)
    })
  }
}

/** A timeout around the bulkhead is no failure of a target that was not called, so policies between the two must not see it as one. */
function notRun(reason: unknown): unknown {
  if (!isTimeout(reason)) return reason
  return new BulkheadError('queue-timeout', 'No place became free before the time of the call was over', reason)
}
