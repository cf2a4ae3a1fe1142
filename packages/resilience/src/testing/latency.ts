import type { Cancellation, Clock } from '@hazeljs/core'

/** Resolves after `latencyMs`, at once for 0 and never for Infinity; rejects with the reason the moment it is called off. */
export function latency(clock: Clock, latencyMs: number, cancellation: Cancellation): Promise<void> {
  if (cancellation.aborted) return Promise.reject(cancellation.reason)
  if (latencyMs === 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const onAbort = (reason: unknown) => {
      clock.clearTimer(timer)
      reject(reason)
    }
    const onTime = () => {
      cancellation.offAbort(onAbort)
      resolve()
    }
    const timer = latencyMs === Infinity ? undefined : clock.setTimer(onTime, latencyMs)
    cancellation.onAbort(onAbort)
  })
}
