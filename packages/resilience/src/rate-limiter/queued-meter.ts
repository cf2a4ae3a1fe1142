import { type Cancellation, type Clock, LinkedList, neverCancelled, type TimerHandle } from '@hazeljs/core'
import { RateLimitError } from '../errors.js'
import { isTimeout } from '../outcome.js'
import { type Meter, waitMs } from './meter.js'

interface Waiter {
  readonly cost: number
  /** When it was told that its turn would come; those before it who left make it earlier. */
  readonly turnMs: number
  readonly admit: () => void
}

/** The plan is made anew when this part of the line has left it, or came late, so that a long line is not gone through at each departure. */
const staleShare = 1 / 16

/**
 * A meter where one can wait in line: first come first served, so that a call of high cost is not passed by cheaper ones for ever, and
 * nobody takes what those in line wait for.
 *
 * When a newcomer's turn would come is known from a plan: a copy of the meter at which everybody in line has had their turn already. So
 * joining is O(1) however long the line; there is one timer while somebody waits, for whoever is next, and otherwise none.
 */
export class QueuedMeter implements Meter {
  readonly #meter: Meter
  readonly #clock: Clock
  #line: LinkedList<Waiter> | undefined
  #timer: TimerHandle | undefined
  /** When the next in line has its turn. */
  #dueMs = Infinity
  #plan: Meter | undefined
  /** When the last in line has its turn, in the plan. */
  #lastTurnMs = 0
  /** Who left or was served late since the plan was made. */
  #stale = 0

  constructor(meter: Meter, clock: Clock) {
    this.#meter = meter
    this.#clock = clock
  }

  /** Not before those in line have had their turn. */
  take(cost: number, nowMs: number): boolean {
    return this.#lineAt(nowMs) === undefined && this.#meter.take(cost, nowMs)
  }

  freeAtMs(cost: number, nowMs: number): number {
    const line = this.#lineAt(nowMs)
    if (line === undefined) return this.#meter.freeAtMs(cost, nowMs)
    return this.#planOf(line, nowMs).freeAtMs(cost, Math.max(nowMs, this.#lastTurnMs))
  }

  remaining(nowMs: number): number {
    return this.#lineAt(nowMs) === undefined ? this.#meter.remaining(nowMs) : 0
  }

  fullAtMs(nowMs: number): number {
    const line = this.#lineAt(nowMs)
    if (line === undefined) return this.#meter.fullAtMs(nowMs)
    return this.#planOf(line, nowMs).fullAtMs(Math.max(nowMs, this.#lastTurnMs))
  }

  /** Of the meter alone: a line cannot be copied. */
  copy(): Meter {
    return this.#meter.copy()
  }

  /** Resolves when `cost` was taken. An abort leaves the line at once: rejects with its reason, or a RateLimitError where time was over. */
  join(cost: number, cancellation: Cancellation): Promise<void> {
    const nowMs = this.#clock.now()
    const turnMs = this.freeAtMs(cost, nowMs)
    this.#plan?.take(cost, turnMs)
    this.#lastTurnMs = turnMs
    return new Promise((resolve, reject) => {
      const line = (this.#line ??= new LinkedList())
      const leave = (reason: unknown) => {
        const leftMs = this.#clock.now()
        const wasNext = line.first === place
        line.remove(place)
        this.#stale++
        if (wasNext) this.#serve(line, leftMs)
        reject(notAdmitted(reason, waitMs(leftMs, turnMs)))
      }
      const admit = () => {
        cancellation.offAbort(leave)
        resolve()
      }
      const place = line.append({ cost, turnMs, admit })
      if (cancellation !== neverCancelled) cancellation.onAbort(leave)
      if (line.length === 1) this.#serve(line, nowMs)
    })
  }

  /** The line, once everybody was served whose turn has come though the timer has not. */
  #lineAt(nowMs: number): LinkedList<Waiter> | undefined {
    if (this.#line !== undefined && nowMs >= this.#dueMs) this.#serve(this.#line, nowMs)
    return this.#line
  }

  #serve(line: LinkedList<Waiter>, nowMs: number): void {
    let next = line.first
    while (next !== undefined && this.#meter.take(next.value.cost, nowMs)) {
      line.remove(next)
      if (next.value.turnMs < nowMs) this.#stale++
      next.value.admit()
      next = line.first
    }
    this.#clock.clearTimer(this.#timer)
    if (next === undefined) {
      this.#line = this.#timer = this.#plan = undefined
      return
    }
    this.#dueMs = this.#meter.freeAtMs(next.value.cost, nowMs)
    this.#timer = this.#clock.setTimer(() => this.#serve(line, this.#clock.now()), waitMs(nowMs, this.#dueMs))
  }

  #planOf(line: LinkedList<Waiter>, nowMs: number): Meter {
    if (this.#plan !== undefined && this.#stale <= line.length * staleShare) return this.#plan
    const plan = this.#meter.copy()
    this.#lastTurnMs = nowMs
    for (const { cost } of line) {
      this.#lastTurnMs = plan.freeAtMs(cost, this.#lastTurnMs)
      plan.take(cost, this.#lastTurnMs)
    }
    this.#stale = 0
    return (this.#plan = plan)
  }
}

/** A timeout around the limiter is no failure of a target that was not called, so policies between the two must not see it as one. */
export function notAdmitted(reason: unknown, retryAfterMs: number): unknown {
  return isTimeout(reason) ? new RateLimitError(retryAfterMs, reason) : reason
}
