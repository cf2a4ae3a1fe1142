import type { Clock, TimerHandle } from '@hazeljs/core'

/** Ends a stream that says nothing for too long. Its timer keeps no process alive. */
export class QuietLimit {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #outer: AbortSignal
  readonly #end = new AbortController()
  readonly #onOuter = () => this.#end.abort(this.#outer.reason)
  #isOver = false
  #heardMs: number
  #timer: TimerHandle | undefined

  constructor(clock: Clock, limitMs: number, outer: AbortSignal) {
    this.#clock = clock
    this.#limitMs = limitMs
    this.#heardMs = clock.now()
    this.#outer = outer
    // Not AbortSignal.any: in Node 20 an outer signal that lives on remembers every signal that was made of it.
    outer.addEventListener('abort', this.#onOuter)
    if (outer.aborted) this.#onOuter()
  }

  /** Aborts when it was quiet for too long, or when the outer signal does. */
  get signal(): AbortSignal {
    return this.#end.signal
  }

  /** Whether it ended the stream. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Something was said. The first time, it begins to count. */
  heard(): void {
    this.#heardMs = this.#clock.now()
    if (this.#timer === undefined) this.#arm(this.#limitMs)
  }

  /** Nobody listens any more. */
  end(): void {
    this.#clock.clearTimer(this.#timer)
    this.#outer.removeEventListener('abort', this.#onOuter)
  }

  #arm(delayMs: number): void {
    const onDue = () => {
      const restMs = this.#heardMs + this.#limitMs - this.#clock.now()
      if (restMs > 0) this.#arm(restMs)
      else {
        this.#isOver = true
        this.#end.abort(new Error(`etcd said nothing for ${this.#limitMs} ms`))
      }
    }
    this.#timer = this.#clock.setTimer(onDue, delayMs, { background: true })
  }
}
