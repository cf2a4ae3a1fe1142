import type { Exchange } from '../exchange.js'
import { latin1 } from './latin1.js'

/**
 * Passes the links of a 103 on (RFC 8297) and drops every other 1xx: those are about the connection they came on. Clients of HTTP/1.0 get
 * none (RFC 9110, 15.2). `true`, as the HTTP client wants to hear it: go on.
 */
export function relayInterim(status: number, rawHeaders: readonly Buffer[], { arrived, response }: Exchange): true {
  if (status !== 103 || arrived.httpVersion !== '1.1' || response.headersSent) return true
  const link: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (latin1(rawHeaders[i] as Buffer).toLowerCase() === 'link') link.push(latin1(rawHeaders[i + 1] as Buffer))
  }
  try {
    if (link.length > 0) response.writeEarlyHints?.({ link })
  } catch {
    // Node refuses what is no link: it was a hint only
  }
  return true
}
