import type { Clock, TimerHandle } from '@hazeljs/core'

/** Runs a task again and again, never twice at a time. Its timers keep no process alive. */
export class PacedTask {
  readonly #clock: Clock
  readonly #task: () => Promise<void>
  readonly #pauseMs: () => number
  #run: Promise<void> | undefined
  #timer: TimerHandle | undefined
  #dueAt = Infinity
  /** When the next run is wanted at the latest, where that was said during a run. */
  #wantedAt = Infinity
  #hasEnded = false

  /**
   * @param task must not reject
   * @param pauseMs how long after a run the next one begins
   */
  constructor(clock: Clock, task: () => Promise<void>, pauseMs: () => number) {
    this.#clock = clock
    this.#task = task
    this.#pauseMs = pauseMs
  }

  /** Has a run begin in `delayMs` at the latest, or as soon as the one under way has ended. */
  want(delayMs: number): void {
    const at = this.#clock.now() + delayMs
    if (this.#run !== undefined) this.#wantedAt = Math.min(this.#wantedAt, at)
    else if (at < this.#dueAt) this.#setDue(at)
  }

  /** A run that begins now, if none is under way. */
  now(): Promise<void> {
    if (this.#hasEnded) return Promise.resolve()
    this.#run ??= this.#begin()
    return this.#run
  }

  /** No run begins any more. Resolves when the one under way has ended. */
  async end(): Promise<void> {
    this.#hasEnded = true
    this.#clock.clearTimer(this.#timer)
    await this.#run
  }

  async #begin(): Promise<void> {
    this.#clock.clearTimer(this.#timer)
    this.#dueAt = Infinity
    // Lets `#run` be set before the task asks for the next one.
    await Promise.resolve()
    await this.#task()
    this.#run = undefined
    this.#setDue(Math.min(this.#wantedAt, this.#clock.now() + this.#pauseMs()))
    this.#wantedAt = Infinity
  }

  #setDue(at: number): void {
    if (this.#hasEnded) return
    this.#clock.clearTimer(this.#timer)
    this.#dueAt = at
    this.#timer = this.#clock.setTimer(() => void this.now(), at - this.#clock.now(), { background: true })
  }
}
