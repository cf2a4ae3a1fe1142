import type { Clock, TimerHandle } from './clock.js'

/** A time limit that runs; only the queue it came from understands it. */
export interface QueuedTimer {
  /** On the clock of the queue. */
  readonly dueMs: number
}

interface Entry extends QueuedTimer {
  readonly callback: () => void
  previous: Entry | undefined
  next: Entry | undefined
  queue: TimerQueue | undefined
}

/**
 * Many timers of one duration for the price of one. Since all last equally long they fall due in the order they were added, so a linked
 * list under a single timer of the clock holds them: adding and removing are O(1) and leave that timer alone. [Varghese and Lauck, Hashed
 * and Hierarchical Timing Wheels, scheme 2, with equal intervals]
 *
 * Made for time limits of calls, nearly all of which are removed before they fall due. While it holds none its timer keeps no process alive.
 */
export class TimerQueue {
  readonly #clock: Clock
  readonly #durationMs: number
  readonly #fire = () => this.#onTimer()
  #first: Entry | undefined
  #last: Entry | undefined
  #timer: TimerHandle | undefined
  #keepsAlive = false

  constructor(clock: Clock, durationMs: number) {
    this.#clock = clock
    this.#durationMs = durationMs
  }

  /** Calls `callback` once, when the queue's duration has passed since `startMs`, which is never before that of an earlier call. */
  add(callback: () => void, startMs: number = this.#clock.now()): QueuedTimer {
    const previous = this.#last
    const entry: Entry = { dueMs: startMs + this.#durationMs, callback, previous, next: undefined, queue: this }
    this.#last = entry
    if (previous === undefined) {
      this.#first = entry
      this.#arm(entry)
    } else previous.next = entry
    return entry
  }

  /** Removing one that fired or was removed does nothing. */
  remove(timer: QueuedTimer): void {
    const entry = timer as Entry
    if (entry.queue !== this) return
    entry.queue = undefined
    const { previous, next } = entry
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    if (this.#first === undefined && this.#timer !== undefined) this.#keepAlive(this.#timer, false)
  }

  /** A timer that is set already is due no later than the first entry: it stays, and is set anew when it fires. */
  #arm(first: Entry): void {
    if (this.#timer !== undefined) {
      this.#keepAlive(this.#timer, true)
      return
    }
    this.#timer = this.#clock.setTimer(this.#fire, first.dueMs - this.#clock.now())
    this.#keepsAlive = true
  }

  #keepAlive(timer: TimerHandle, keep: boolean): void {
    if (this.#keepsAlive === keep) return
    this.#keepsAlive = keep
    this.#clock.keepAlive(timer, keep)
  }

  #onTimer(): void {
    this.#timer = undefined
    const nowMs = this.#clock.now()
    for (let first = this.#first; first !== undefined && first.dueMs <= nowMs; first = this.#first) {
      this.remove(first)
      first.callback()
    }
    if (this.#first !== undefined) this.#arm(this.#first)
  }
}
