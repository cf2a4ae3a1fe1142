import type { Clock, TimerHandle } from '@hazeljs/core'

/** Ends a stream that says nothing for too long. Its timer keeps no process alive. */
export class QuietLimit {
  /** Aborts when it was quiet for too long, or when the outer signal does. */
  readonly signal: AbortSignal
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #quiet = new AbortController()
  #heardMs: number
  #timer: TimerHandle | undefined

  constructor(clock: Clock, limitMs: number, outer: AbortSignal) {
    this.#clock = clock
    this.#limitMs = limitMs
    this.#heardMs = clock.now()
    this.signal = AbortSignal.any([this.#quiet.signal, outer])
  }

  /** Whether it ended the stream. */
  get isOver(): boolean {
    return this.#quiet.signal.aborted
  }

  /** Something was said. The first time, it begins to count. */
  heard(): void {
    this.#heardMs = this.#clock.now()
    if (this.#timer === undefined) this.#arm(this.#limitMs)
  }

  /** Nobody listens any more. */
  end(): void {
    this.#clock.clearTimer(this.#timer)
  }

  #arm(delayMs: number): void {
    const onDue = () => {
      const restMs = this.#heardMs + this.#limitMs - this.#clock.now()
      if (restMs > 0) this.#arm(restMs)
      else this.#quiet.abort(new Error(`etcd said nothing for ${this.#limitMs} ms`))
    }
    this.#timer = this.#clock.setTimer(onDue, delayMs, { background: true })
  }
}
