import type { Clock, TimerHandle } from './clock.js'
import { LinkedList, type ListNode } from './linked-list.js'

interface Entry {
  readonly dueMs: number
  /** Dropped with the entry: one that has grown old would keep all that its callback holds from dying young. */
  callback: (() => void) | undefined
}

/** A time limit that runs; only the queue it came from understands it. */
export type QueuedTimer = ListNode<Entry>

/**
 * Many timers of one duration for the price of one. Since all last equally long they fall due in the order they were added, so a linked
 * list under a single timer of the clock holds them: adding and removing are O(1) and leave that timer alone. [Varghese and Lauck, Hashed
 * and Hierarchical Timing Wheels, scheme 2, with equal intervals]
 *
 * Made for time limits of calls, nearly all of which are removed before they fall due. While it holds none its timer keeps no process alive.
 * The first time that it is empty it clears its timer: it may have been made for one call, and a timer for each of those would stay until
 * it fires, with all that its asynchronous context holds.
 */
export class TimerQueue {
  readonly #clock: Clock
  readonly #durationMs: number
  readonly #entries = new LinkedList<Entry>()
  readonly #fire = () => this.#onTimer()
  #timer: TimerHandle | undefined
  #keepsAlive = false
  #wasEmptied = false

  constructor(clock: Clock, durationMs: number) {
    this.#clock = clock
    this.#durationMs = durationMs
  }

  /** Calls `callback` once, when the queue's duration has passed since `startMs`, which is never before that of an earlier call. */
  add(callback: () => void, startMs: number = this.#clock.now()): QueuedTimer {
    const timer = this.#entries.append({ dueMs: startMs + this.#durationMs, callback })
    if (this.#entries.length === 1) this.#arm(timer)
    return timer
  }

  /** Removing one that fired or was removed does nothing. */
  remove(timer: QueuedTimer): void {
    if (!this.#entries.remove(timer)) return
    timer.value.callback = undefined
    if (this.#entries.length > 0) return
    if (this.#wasEmptied) this.#keepAlive(false)
    else this.#clear()
  }

  #clear(): void {
    this.#wasEmptied = true
    this.#clock.clearTimer(this.#timer)
    this.#timer = undefined
  }

  /** A timer that is set already is due no later than the first entry: it stays, and is set anew when it fires. */
  #arm(first: QueuedTimer): void {
    if (this.#timer === undefined) {
      this.#timer = this.#clock.setTimer(this.#fire, first.value.dueMs - this.#clock.now())
      this.#keepsAlive = true
    } else this.#keepAlive(true)
  }

  #keepAlive(keep: boolean): void {
    if (this.#timer === undefined || this.#keepsAlive === keep) return
    this.#keepsAlive = keep
    this.#clock.keepAlive(this.#timer, keep)
  }

  #onTimer(): void {
    this.#timer = undefined
    const nowMs = this.#clock.now()
    const { first } = this.#entries
    for (let next = first; next !== undefined && next.value.dueMs <= nowMs; next = this.#entries.first) {
      const { callback } = next.value
      this.remove(next)
      callback?.()
    }
    if (this.#entries.first !== undefined) this.#arm(this.#entries.first)
  }
}
