import { type Cancellation, type Clock, neverCancelled, neverFires } from '@hazeljs/core'

/**
 * Resolves after `delayMs`; rejects with the reason the moment the work is called off. Makes no AbortSignal. With a clock that can set no
 * timer it resolves at once, for a call that never ends would be worse than a pause that is missing.
 */
export function pause(clock: Clock, delayMs: number, cancellation: Cancellation): Promise<void> {
  return new Promise((resolve, reject) => {
    // As by `onRetry`, who is told of the pause just before it.
    if (cancellation.aborted) {
      reject(cancellation.reason)
      return
    }
    const onAbort = (reason: unknown) => {
      clock.clearTimer(timer)
      reject(reason)
    }
    const timer = clock.setTimer(() => {
      cancellation.offAbort(onAbort)
      resolve()
    }, delayMs)
    if (timer === neverFires) resolve()
    else if (cancellation !== neverCancelled) cancellation.onAbort(onAbort)
  })
}
