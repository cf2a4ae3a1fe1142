import type { Clock, TimerOptions } from '@hazeljs/core'

/** A registry that does not answer within this time counts as failing. */
export const answerTimeoutMs = 5_000

/** The answer of a registry, or a rejection when it takes too long; what comes later is dropped. The wait keeps the process alive by default. */
export function answerWithin<T>(clock: Clock, ask: () => Promise<T>, options?: TimerOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    const tooLate = () => reject(new Error(`The registry did not answer within ${answerTimeoutMs} ms`))
    const timer = clock.setTimer(tooLate, answerTimeoutMs, options)
    // Inside `then`, so that a backend that throws instead of rejecting is caught as well.
    Promise.resolve()
      .then(ask)
      .then(resolve, reject)
      .finally(() => clock.clearTimer(timer))
  })
}
