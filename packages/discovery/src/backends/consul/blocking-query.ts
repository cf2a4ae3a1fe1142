import { type Clock, type Random, type TimerHandle, toError } from '@hazeljs/core'
import { TokenBucketLimiter } from '@hazeljs/resilience'

/** Asks at once, where any other index asks for what is newer. */
export const noIndex = '0'
/** Answers that come one after the other are asked for at once up to this number, and then so many times a second. */
export const queriesPerSecond = 10
export const firstRetryMs = 100
export const maxRetryMs = 5_000

export interface BlockingQueryOptions {
  readonly waitMs: number
  readonly clock: Clock
  readonly random: Random
}

export interface QueryObserver<T> {
  answered(answer: T): void
  failed(error: Error): void
}

/**
 * Asks for what is newer than the last answer, again and again, by the rules that Consul's documentation has for blocking queries: an index
 * that goes back is forgotten, 0 counts as 1, and the queries are limited in rate.
 */
export class BlockingQuery<T extends { readonly index: string | undefined }> {
  readonly #ask: (index: string, waitMs: number, signal: AbortSignal) => Promise<T>
  readonly #observer: QueryObserver<T>
  readonly #options: BlockingQueryOptions
  readonly #limiter: TokenBucketLimiter
  readonly #controller = new AbortController()
  #timer: TimerHandle | undefined
  #wake: (() => void) | undefined

  constructor(
    ask: (index: string, waitMs: number, signal: AbortSignal) => Promise<T>,
    observer: QueryObserver<T>,
    options: BlockingQueryOptions,
  ) {
    this.#ask = ask
    this.#observer = observer
    this.#options = options
    this.#limiter = new TokenBucketLimiter({ max: queriesPerSecond, window: 1_000 }, options.clock)
    this.#run().catch((fault: unknown) => observer.failed(toError(fault)))
  }

  /** Nothing is told after it, and the call under way ends. */
  stop(): void {
    this.#controller.abort()
    this.#options.clock.clearTimer(this.#timer)
    this.#wake?.()
  }

  #isStopped(): boolean {
    return this.#controller.signal.aborted
  }

  async #run(): Promise<void> {
    let index = noIndex
    let failures = 0
    while (!this.#isStopped()) {
      if (!this.#limiter.tryAcquire()) {
        await this.#pause(this.#limiter.getRetryAfterMs())
        continue
      }
      try {
        const answer = await this.#ask(index, this.#jittered(this.#options.waitMs), this.#controller.signal)
        if (this.#isStopped()) return
        index = nextIndex(index, answer.index)
        failures = 0
        this.#observer.answered(answer)
      } catch (error) {
        if (this.#isStopped()) return
        index = noIndex
        this.#observer.failed(toError(error))
        await this.#pause(this.#jittered(Math.min(maxRetryMs, firstRetryMs * 2 ** failures++)))
      }
    }
  }

  /** From half of it to all of it: those who began together drift apart. */
  #jittered(ms: number): number {
    return Math.ceil((ms * (1 + this.#options.random.next())) / 2)
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      this.#timer = this.#options.clock.setTimer(resolve, ms, { background: true })
    })
  }
}

/** Whether one index comes before another. */
export function isBefore(index: string, other: string): boolean {
  return BigInt(index) < BigInt(other)
}

function nextIndex(asked: string, told: string | undefined): string {
  if (told === undefined || !/^\d+$/.test(told)) {
    throw new Error('Consul answered without X-Consul-Index; a proxy between here and the agent has to pass it on')
  }
  if (isBefore(told, asked)) return noIndex
  return /^0+$/.test(told) ? '1' : told
}
