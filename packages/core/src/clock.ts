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
  setTimer(callback: () => void, delayMs: number, options?: TimerOptions): TimerHandle
  /** Clearing a timer that fired, or `undefined`, does nothing. */
  clearTimer(timer: TimerHandle | undefined): void
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

class SystemClock implements Clock {
  now(): number {
    return performance.now()
  }

  wallTime(): number {
    return Date.now()
  }

  setTimer(callback: () => void, delayMs: number, options?: TimerOptions): TimerHandle {
    const timer = setTimeout(callback, delayMs)
    if (options?.background === true) timer.unref()
    return timer
  }

  clearTimer(timer: TimerHandle | undefined): void {
    clearTimeout(timer as NodeJS.Timeout | undefined)
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal)
  }
}

/** The machine's clock. */
export const systemClock: Clock = new SystemClock()
