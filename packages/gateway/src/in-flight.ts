import type { Clock } from '@hazeljs/core'

/** Counts what is under way, and tells when nothing is. */
export class InFlight {
  #count = 0
  #waiting: (() => void)[] = []

  get count(): number {
    return this.#count
  }

  begin(): void {
    this.#count++
  }

  end(): void {
    if (--this.#count > 0 || this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const tell of waiting) tell()
  }

  /** Calls `listener` as soon as nothing is under way. */
  whenIdle(listener: () => void): void {
    if (this.#count === 0) listener()
    else this.#waiting.push(listener)
  }

  /** Resolves when nothing is under way, or `timeoutMs` have passed. */
  idle(clock: Clock, timeoutMs: number): Promise<void> {
    if (this.#count === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = clock.setTimer(resolve, timeoutMs)
      this.whenIdle(() => {
        clock.clearTimer(timer)
        resolve()
      })
    })
  }
}
