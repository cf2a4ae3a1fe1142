import { type Clock, sleepOn, timerDelayMs, type TimerHandle } from '../clock.js'

interface FakeTimer {
  readonly dueMs: number
  /** Of timers that are due at the same time, the one that was set first fires first. */
  readonly number: number
  readonly callback: () => void
  /** Let go by {@link Clock.keepAlive}. */
  idle: boolean
}

/** A clock that moves only when told. Timers fire in the order of their due times, microtasks run between them. */
export class FakeClock implements Clock {
  #nowMs: number
  readonly #epochMs: number
  /** The next to fire stands last, where taking it away moves no other. */
  readonly #timers: FakeTimer[] = []
  #timersSet = 0

  /** `startMs` is what `now()` reads first; `epochMs` is the wall time at that moment. */
  constructor(startMs = 0, epochMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs
    this.#epochMs = epochMs - startMs
  }

  now(): number {
    return this.#nowMs
  }

  wallTime(): number {
    return this.#epochMs + this.#nowMs
  }

  setTimer(callback: () => void, delayMs: number): TimerHandle {
    const timer: FakeTimer = { dueMs: this.#nowMs + timerDelayMs(delayMs), number: this.#timersSet++, callback, idle: false }
    this.#timers.splice(this.#place(timer), 0, timer)
    return timer
  }

  clearTimer(timer: TimerHandle | undefined): void {
    if (timer === undefined) return
    const place = this.#place(timer as FakeTimer)
    if (this.#timers[place] === timer) this.#timers.splice(place, 1)
  }

  keepAlive(timer: TimerHandle, keep: boolean): void {
    const fake = timer as FakeTimer
    fake.idle = !keep
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal)
  }

  /**
   * Timers that are set and have not fired: 0 at the end of a test proves that nothing leaked. Those that `keepAlive` let go do not count:
   * a `TimerQueue` keeps one for the next call.
   */
  get pendingTimers(): number {
    let pending = 0
    for (const timer of this.#timers) if (!timer.idle) pending++
    return pending
  }

  /** Moves time on by `ms`, firing what falls due on the way, and lets promises settle before, between and after. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await settle()
    for (let timer = this.#takeDue(endMs); timer !== undefined; timer = this.#takeDue(endMs)) {
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs)
      timer.callback()
      await settle()
    }
    this.#nowMs = endMs
    await settle()
  }

  /** Moves time on without firing timers or waiting: a process that was frozen. What fell due meanwhile fires at the next `advance`, late. */
  jump(ms: number): void {
    this.#nowMs += ms
  }

  #takeDue(endMs: number): FakeTimer | undefined {
    const next = this.#timers.at(-1)
    return next !== undefined && next.dueMs <= endMs ? this.#timers.pop() : undefined
  }

  /** Where `timer` stands, or would stand: a binary search, so that thousands of timers cost little. */
  #place({ dueMs, number }: FakeTimer): number {
    let low = 0
    let high = this.#timers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#timers[middle] as FakeTimer
      if (other.dueMs > dueMs || (other.dueMs === dueMs && other.number > number)) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Runs every microtask that is due, and those that they queue: a macrotask comes only after all of them. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
