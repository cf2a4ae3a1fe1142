import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Answers `Expect: 100-continue` (RFC 9110, 10.1.1) when somebody begins to read the body. That is behind everything that may refuse the
 * request, and with a connection to an instance open, so a client that waits sends its body only if somebody takes it.
 */
export function continueWhenRead(request: IncomingMessage, response: ServerResponse): void {
  request.once('resume', () => {
    if (!response.headersSent) response.writeContinue() // Node, too, reads bodies: those that nobody wanted, after the answer
  })
}
