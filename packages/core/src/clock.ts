import { maxTimerMs } from './duration.js'

/** A timer that was set; only {@link Clock.clearTimer} understands it. */
export type TimerHandle = object | number

export interface TimerOptions {
  /** A background timer never keeps the process alive. Default `false`. */
  readonly background?: boolean
}

/**
 * Time as an argument: whatever waits or measures takes a clock, so that tests need not sleep.
 *
 * `now()` is monotonic and serves intervals; `wallTime()` may jump and serves timestamps that leave the process.
 */
export interface Clock {
  /** Milliseconds since an arbitrary start, never going back. Fractions are allowed. */
  now(): number
  /** Milliseconds since the Unix epoch. */
  wallTime(): number
  /**
   * Calls `callback` once, when `now()` has moved on by at least `delayMs`. A delay that is negative or NaN counts as 0, one beyond
   * {@link maxTimerMs} as that.
   */
  setTimer(callback: () => void, delayMs: number, options?: TimerOptions): TimerHandle
  /** Clearing a timer that fired, or `undefined`, does nothing. */
  clearTimer(timer: TimerHandle | undefined): void
  /** Whether a timer that was set keeps the process alive from now on; for one that fired it does nothing. */
  keepAlive(timer: TimerHandle, keep: boolean): void
  /** Resolves after `delayMs`; rejects with the signal's reason the moment it aborts. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
}

/** The pause both clocks share: built on a clock's own timers. */
export function sleepOn(clock: Pick<Clock, 'setTimer' | 'clearTimer'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal === undefined) {
      clock.setTimer(resolve, delayMs)
      return
    }
    const abort = () => {
      clock.clearTimer(timer)
      reject(signal.reason as Error)
    }
    const timer = clock.setTimer(() => {
      signal.removeEventListener('abort', abort)
      resolve()
    }, delayMs)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}

/** A delay as {@link Clock.setTimer} takes it. */
export function timerDelayMs(delayMs: number): number {
  return delayMs > 0 ? Math.min(delayMs, maxTimerMs) : 0
}

/**
 * The event loop counts whole milliseconds, cut off: 10 ms asked for at 0.9 end at 10.0, which is 0.9 early. One more makes a wait
 * that was computed, such as a limiter's `retryAfterMs`, always long enough.
 */
const loopGranularityMs = 1

class SystemClock implements Clock {
  now(): number {
    return performance.now()
  }

  wallTime(): number {
    return Date.now()
  }

  setTimer(callback: () => void, delayMs: number, options?: TimerOptions): TimerHandle {
    const waitMs = timerDelayMs(delayMs)
    const timer = setTimeout(callback, waitMs === 0 ? 0 : Math.min(Math.ceil(waitMs) + loopGranularityMs, maxTimerMs))
    if (options?.background === true) timer.unref()
    return timer
  }

  clearTimer(timer: TimerHandle | undefined): void {
    clearTimeout(timer as NodeJS.Timeout | undefined)
  }

  keepAlive(timer: TimerHandle, keep: boolean): void {
    if (keep) (timer as NodeJS.Timeout).ref()
    else (timer as NodeJS.Timeout).unref()
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal)
  }
}

/** The machine's clock. */
export const systemClock: Clock = new SystemClock()
