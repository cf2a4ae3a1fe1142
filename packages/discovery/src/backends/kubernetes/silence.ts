import type { Clock, TimerHandle } from '@hazeljs/core'

/** Notices that nothing was heard for too long. */
export class Silence {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #onTooLong: () => void
  #timer: TimerHandle | undefined
  #wasTooLong = false

  constructor(clock: Clock, limitMs: number, onTooLong: () => void) {
    this.#clock = clock
    this.#limitMs = limitMs
    this.#onTooLong = onTooLong
  }

  get wasTooLong(): boolean {
    return this.#wasTooLong
  }

  /** Something was heard, or listening begins. */
  restart(): void {
    this.end()
    const notice = () => {
      this.#wasTooLong = true
      this.#onTooLong()
    }
    this.#timer = this.#clock.setTimer(notice, this.#limitMs, { background: true })
  }

  end(): void {
    this.#clock.clearTimer(this.#timer)
    this.#timer = undefined
  }
}
