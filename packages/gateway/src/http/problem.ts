import type { GatewayError } from '../errors.js'
import type { Exchange } from '../exchange.js'

/** Answers with RFC 9457 problem details. Names no host, port or stack; `code` is stable, `instance` is the request's id. */
export function writeProblem(exchange: Exchange, error: GatewayError): void {
  const { response, requestId, answerHeaders } = exchange
  const body = problemBody(error, requestId)
  const headers = ['Content-Type', 'application/problem+json', 'Content-Length', String(Buffer.byteLength(body)), ...error.headers]
  if (error.retryAfterMs !== undefined) headers.push('Retry-After', String(retryAfterSeconds(error.retryAfterMs)))
  if (answerHeaders !== undefined) headers.push(...answerHeaders)
  // A body that is still arriving would be read to its end for nothing: the connection ends with the answer instead.
  if (exchange.bodyIsArriving) response.shouldKeepAlive = false
  exchange.status = error.status
  response.writeHead(error.status, headers)
  if (exchange.arrived.method === 'HEAD') response.end()
  else response.end(body, 'utf8')
}

export function problemBody({ title, status, detail, code }: GatewayError, instance: string | undefined): string {
  return JSON.stringify({ type: 'about:blank', title, status, detail, code, instance })
}

/** Whole seconds, as RFC 9110 section 10.2.3 wants them, and never too early. */
export function retryAfterSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000))
}
