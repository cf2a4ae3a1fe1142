import type { Clock } from '@hazeljs/core'

/** Counts what is under way, and tells when nothing is. */
export class InFlight {
  #count = 0
  #onIdle: (() => void) | undefined

  begin(): void {
    this.#count++
  }

  end(): void {
    if (--this.#count === 0) this.#onIdle?.()
  }

  /** Resolves when nothing is under way, or `timeoutMs` have passed. */
  idle(clock: Clock, timeoutMs: number): Promise<void> {
    if (this.#count === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = clock.setTimer(resolve, timeoutMs)
      this.#onIdle = () => {
        clock.clearTimer(timer)
        resolve()
      }
    })
  }
}
