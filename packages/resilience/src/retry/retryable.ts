import type { ResilienceError } from '../errors.js'

const programmerErrors = [TypeError, RangeError, ReferenceError, SyntaxError] as const

/**
 * Whether waiting may cure `error`, as far as that can be told without knowing the call: not a programmer error, no rejection of an inner
 * policy that does not say when to come back, nothing that was retried already. A RetryPolicy without `retryPredicate` goes by it; one of
 * your own can begin with it.
 */
export function isRetryable(error: Error): boolean {
  const { code, callRan, retryAfterMs } = error as Partial<ResilienceError>
  if (callRan !== undefined) return code !== 'RETRY_EXHAUSTED' && (callRan || retryAfterMs !== undefined)
  return !programmerErrors.some((kind) => error instanceof kind) || isNetworkTypeError(error)
}

/** `fetch` rejects with a TypeError whose cause is the system's error, such as ECONNREFUSED. */
function isNetworkTypeError(error: Error): boolean {
  const { cause } = error
  return error instanceof TypeError && cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
}
