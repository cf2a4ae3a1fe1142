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
