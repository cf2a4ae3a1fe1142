import type { Clock } from '@hazeljs/core'

/** A registry that does not answer within this time counts as failing. */
export const listTimeoutMs = 5_000

/** The answer of a registry, or a rejection when it takes too long; what comes later is dropped. */
export function listWithin<T>(clock: Clock, list: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => reject(new Error(`The registry did not answer within ${listTimeoutMs} ms`)), listTimeoutMs)
    // Inside `then`, so that a backend that throws instead of rejecting is caught as well.
    Promise.resolve()
      .then(list)
      .then(resolve, reject)
      .finally(() => clock.clearTimer(timer))
  })
}
