import { type Clock, durationText } from '@hazeljs/core'
import { CanaryStoreError } from './canary-store-error.js'

/**
 * What `call` resolves with, if it does within `limitMs`; what comes later is dropped. Keeps no process alive.
 *
 * @throws what `call` throws or rejects with; CanaryStoreError `CANARY_STORE_UNAVAILABLE` when the time is over.
 */
export function boundedCall<T>(clock: Clock, limitMs: number, call: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => {
      reject(new CanaryStoreError('CANARY_STORE_UNAVAILABLE', `The store of canaries did not answer within ${durationText(limitMs)}`))
    }
    const timer = clock.setTimer(late, limitMs, { background: true })
    void answer(call)
      .then(resolve, reject)
      .finally(() => clock.clearTimer(timer))
  })
}

/** `async` turns a throw into a rejection: the call may be of a user's store. */
async function answer<T>(call: () => Promise<T>): Promise<T> {
  return call()
}
