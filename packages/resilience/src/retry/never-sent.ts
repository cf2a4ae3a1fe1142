import { callRanBefore } from '../outcome.js'

/**
 * System errors that come while a connection is being made, so that no byte of a request went out: nobody listens, the name has no
 * address, the resolver did not answer, the handshake took too long. ECONNRESET, EPIPE, ETIMEDOUT and EHOSTUNREACH are none of them: a
 * connection in use ends with those, too, and what had been sent may have been done.
 */
export const neverSentCodes: readonly unknown[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']

/** Whether what failed with `failure` may have happened all the same, so that calling again could make it happen twice. */
export function mayHaveHappened(failure: unknown): boolean {
  return callRanBefore(failure) && !isNeverSent(failure) && !(failure instanceof TypeError && isNeverSent(failure.cause))
}

/** `fetch` wraps the system's error in a TypeError. No other `cause` is looked at: a wrapper of another kind may have done more before. */
function isNeverSent(failure: unknown): boolean {
  return failure instanceof Error && 'code' in failure && neverSentCodes.includes(failure.code)
}
