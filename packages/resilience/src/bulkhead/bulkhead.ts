import { type Clock, neverCancelled, systemClock } from '@hazeljs/core'
import { BulkheadError } from '../errors.js'
import { type Call, type CallContext, type CallOptions, type Policy, type Priority, toContext } from '../policy.js'
import { type BulkheadOptions, type ResolvedBulkheadOptions, resolveBulkheadOptions } from './options.js'
import { type PlaceInLine, WaitingLine } from './waiting-line.js'

const lineOf: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 }

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
  readonly #line = new WaitingLine<() => void>(Object.keys(lineOf).length)
  #activeCalls = 0
  #rejectedCalls = 0
  #timedOutCalls = 0

  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(options: BulkheadOptions, clock: Clock = systemClock) {
    this.#options = resolveBulkheadOptions(options)
    this.#clock = clock
  }

  /**
   * An aborted call leaves the queue at once.
   *
   * @throws BulkheadError when no place is free or becomes free in time; the abort's reason; else what the call throws.
   */
  async execute<T>(call: Call<T>, context?: CallContext | CallOptions, priority: Priority = 'normal'): Promise<T> {
    const callContext = toContext(context)
    if (callContext.aborted) throw callContext.cancellation.reason
    if (this.#activeCalls < this.#options.maxConcurrent) this.#activeCalls++
    else await this.#wait(callContext, priority)
    try {
      return await call(callContext)
    } finally {
      this.#release()
    }
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

  /** Hands the place to the next in line, so that no newcomer can take it first. */
  #release(): void {
    const admit = this.#line.shift()
    if (admit === undefined) this.#activeCalls--
    else admit()
  }

  #wait({ cancellation }: CallContext, priority: Priority): Promise<void> {
    const { maxConcurrent, maxQueue, queueTimeoutMs } = this.#options
    if (this.#line.length >= maxQueue) {
      this.#rejectedCalls++
      throw new BulkheadError(
        'full',
        `All ${maxConcurrent} places are taken, and ${maxQueue === 0 ? 'there is no queue' : `${maxQueue} calls wait already`}`,
      )
    }
    return new Promise((resolve, reject) => {
      const leave = (reason: unknown) => {
        this.#line.leave(place)
        this.#clock.clearTimer(timer)
        cancellation.offAbort(leave)
        reject(reason)
      }
      const timer =
        queueTimeoutMs === undefined
          ? undefined
          : this.#clock.setTimer(() => {
              this.#timedOutCalls++
              leave(new BulkheadError('queue-timeout', `No place became free within ${queueTimeoutMs} ms`))
            }, queueTimeoutMs)
      const place: PlaceInLine<() => void> = this.#line.join(() => {
        this.#clock.clearTimer(timer)
        cancellation.offAbort(leave)
        resolve()
      }, lineOf[priority])
      if (cancellation !== neverCancelled) cancellation.onAbort(leave)
    })
  }
}
