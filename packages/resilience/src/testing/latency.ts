import type { Cancellation, Clock } from '@hazeljs/core'

/** Resolves after `latencyMs`, at once for 0 and never for Infinity; rejects with the reason the moment it is called off. */
export function latency(clock: Clock, latencyMs: number, cancellation: Cancellation): Promise<void> {
  if (latencyMs === Infinity || cancellation.aborted) return untilAborted(cancellation)
  if (latencyMs === 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const onAbort = (reason: unknown) => {
      clock.clearTimer(timer)
      reject(reason)
    }
    const timer = clock.setTimer(() => {
      cancellation.offAbort(onAbort)
      resolve()
    }, latencyMs)
    cancellation.onAbort(onAbort)
  })
}

/** Rejects with the reason when it is called off, and not before. */
export function untilAborted(cancellation: Cancellation): Promise<never> {
  if (cancellation.aborted) return Promise.reject(cancellation.reason)
  return new Promise((_, reject) => cancellation.onAbort(reject))
}
