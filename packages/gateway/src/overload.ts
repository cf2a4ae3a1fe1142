import { RetryExhaustedError, TimeoutError } from '@hazeljs/resilience'
import { UpstreamError } from './errors.js'

/** When a client may try again that found no room: how long it really takes, nobody knows. */
export const shedRetryAfterMs = 1_000

/** Whether a failure of a call says that the service is overloaded: it took too long, or said so itself. */
export function isOverload(error: Error): boolean {
  if (error instanceof RetryExhaustedError) return error.lastError instanceof Error && isOverload(error.lastError)
  if (error instanceof UpstreamError) {
    const { code, upstreamStatus } = error
    return code === 'UPSTREAM_TIMEOUT' || upstreamStatus === 503 || upstreamStatus === 504
  }
  return error instanceof TimeoutError
}
