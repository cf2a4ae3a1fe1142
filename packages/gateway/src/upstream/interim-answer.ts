import type { Exchange } from '../exchange.js'

/**
 * Passes the links of a 103 on (RFC 8297) and drops every other 1xx: those are about the connection they came on. Clients of HTTP/1.0 get
 * none (RFC 9110, 15.2).
 */
export function relayInterim(status: number, headers: readonly string[], { arrived, response }: Exchange): void {
  if (status !== 103 || arrived.httpVersion !== '1.1' || response.headersSent) return
  const link: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() === 'link') link.push(headers[i + 1] as string)
  }
  try {
    if (link.length > 0) response.writeEarlyHints?.({ link })
  } catch {
    // Node refuses what is no link: it was a hint only
  }
}
