import { ResilienceError, RetryExhaustedError } from '../errors.js'

const programmerErrors = [TypeError, RangeError, ReferenceError, SyntaxError] as const

/**
 * Whether waiting may cure `error`, as far as that can be told without knowing the call: not a programmer error, no rejection of an inner
 * policy that does not say when to come back, nothing that was retried already.
 */
export function isRetryable(error: Error): boolean {
  if (error instanceof RetryExhaustedError) return false
  if (error instanceof ResilienceError) return error.callRan || error.retryAfterMs !== undefined
  return !programmerErrors.some((kind) => error instanceof kind) || isNetworkTypeError(error)
}

/** `fetch` rejects with a TypeError whose cause is the system's error, such as ECONNREFUSED. */
function isNetworkTypeError(error: Error): boolean {
  const { cause } = error
  return error instanceof TypeError && cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
}
