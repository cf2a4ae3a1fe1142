import { toError } from '@hazeljs/core'

/** Of TLS; where an option of ours helps. */
const advice: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'give it as tls.ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'give its authority as tls.ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'give its authority as tls.ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'give its authority as tls.ca',
  ERR_TLS_CERT_ALTNAME_INVALID: 'give a name that the certificate carries as tls.servername',
}

/** A server that misses a certificate says so, by an alert or by hanging up, when the handshake is over for us. */
const missesCertificate = 'it may want a client certificate: give tls.cert and tls.key'

/** The other side closed a connection that was there. */
export function wasReset(failure: unknown): boolean {
  const code = codeOf(failure)
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
}

/**
 * Why a connection failed, and what helps where it is known.
 *
 * @param isAnonymous it was one over TLS without a certificate of ours
 */
export function reasonOf(failure: unknown, isAnonymous: boolean): string {
  // Node's error of several addresses has no message of its own.
  const errors: readonly unknown[] = failure instanceof AggregateError ? failure.errors : [failure]
  return errors.map((error) => withAdvice(toError(error), isAnonymous)).join(', ')
}

function withAdvice(error: Error, isAnonymous: boolean): string {
  const code = codeOf(error)
  const wantsCertificate = isAnonymous && (wasReset(error) || code.startsWith('ERR_SSL'))
  const known = wantsCertificate ? missesCertificate : advice[code]
  return known === undefined ? error.message : `${error.message} (${known})`
}

function codeOf(failure: unknown): string {
  return failure instanceof Error && 'code' in failure && typeof failure.code === 'string' ? failure.code : ''
}
