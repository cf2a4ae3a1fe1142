/** What can go wrong between the gateway and an instance. */
export type ConnectionErrorKind =
  /** No connection could be made. */
  | 'unreachable'
  | 'connect-timeout'
  /** The connection ended before the answer did. */
  | 'reset'
  /** The connection had served before and ended before a byte of the answer: the instance may just have closed it as idle. */
  | 'stale'
  /** Nothing came for too long. */
  | 'silent'
  /** The answer is not HTTP/1.1, or an upgrade that can't be followed. */
  | 'invalid-answer'
  /** The request is not as long as it says, or broke off. */
  | 'invalid-request'

/** Why a call got no answer, or not all of it. */
export class ConnectionError extends Error {
  readonly kind: ConnectionErrorKind

  constructor(kind: ConnectionErrorKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ConnectionError'
    this.kind = kind
  }
}

/** What OpenSSL calls bytes that are no TLS, by its version. */
const notTls = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'ERR_SSL_UNEXPECTED_MESSAGE'])

/** No connection came to be. Says in words what OpenSSL makes of a port without TLS. */
export function notConnected(cause: Error): ConnectionError {
  const plain = 'code' in cause && typeof cause.code === 'string' && notTls.has(cause.code)
  const message = plain ? "the instance is registered with the protocol 'https', and its port speaks no TLS" : cause.message
  return new ConnectionError('unreachable', message, { cause })
}
