import { type Clock, systemClock, type TimerHandle, type TimerOptions } from './clock.js'
import { toError } from './errors.js'
import { observe } from './observe.js'

/** Reports, as a warning of the process, what a user's `callback` threw: a predicate or an observer must not change a call's outcome. */
export function reportFault(callback: string, fault: unknown): void {
  const error = toError(fault)
  process.emitWarning(`${callback} threw: ${error.message}`, { type: 'HazelCallbackWarning', detail: error.stack ?? '' })
}

/** Tells an observer; what it throws, or rejects with, is reported. */
export function tell(callback: string, observer: () => unknown): void {
  observe(observer, (fault) => reportFault(callback, fault))
}

/** A clock of the user's, whose faults are reported and change no call's outcome. The system's needs no guard. */
export function guardClock(clock: Clock): Clock {
  return clock === systemClock || clock instanceof GuardedClock ? clock : new GuardedClock(clock)
}

/** Where the clock throws, time stands still and a timer never fires. */
class GuardedClock implements Clock {
  readonly #clock: Clock
  #nowMs = 0
  #wallMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return (this.#nowMs = this.#try(() => this.#clock.now(), this.#nowMs))
  }

  wallTime(): number {
    return (this.#wallMs = this.#try(() => this.#clock.wallTime(), this.#wallMs))
  }

  setTimer(callback: () => void, delayMs: number, options?: TimerOptions): TimerHandle {
    return this.#try(() => this.#clock.setTimer(callback, delayMs, options), neverFires)
  }

  clearTimer(timer: TimerHandle | undefined): void {
    if (timer !== neverFires) this.#try(() => this.#clock.clearTimer(timer), undefined)
  }

  keepAlive(timer: TimerHandle, keep: boolean): void {
    if (timer !== neverFires) this.#try(() => this.#clock.keepAlive(timer, keep), undefined)
  }

  async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return this.#try(() => this.#clock.sleep(delayMs, signal), Promise.resolve())
  }

  #try<T>(read: () => T, otherwise: T): T {
    try {
      return read()
    } catch (fault) {
      reportFault('The clock', fault)
      return otherwise
    }
  }
}

/** The handle of a timer that the clock refused to set. */
export const neverFires: TimerHandle = {}
