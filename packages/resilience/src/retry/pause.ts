import { type Cancellation, type Clock, neverCancelled } from '@hazeljs/core'

/** Resolves after `delayMs`; rejects with the reason the moment the work is called off. Makes no AbortSignal. */
export function pause(clock: Clock, delayMs: number, cancellation: Cancellation): Promise<void> {
  if (cancellation === neverCancelled) return clock.sleep(delayMs)
  return new Promise((resolve, reject) => {
    const onAbort = (reason: unknown) => {
      clock.clearTimer(timer)
      reject(reason)
    }
    const timer = clock.setTimer(() => {
      cancellation.offAbort(onAbort)
      resolve()
    }, delayMs)
    cancellation.onAbort(onAbort)
  })
}
