import { type ProblemCode, UpstreamError } from '../errors.js'

/** Methods whose repetition changes nothing: RFC 9110 section 9.2.2, and QUERY. */
const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'QUERY'])

/** Whether sending a request twice does what sending it once does: by its method, or because the client says so with `Idempotency-Key`. */
export function isIdempotent(method: string, rawHeaders: readonly string[]): boolean {
  if (idempotentMethods.has(method)) return true
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length === 15 && name.toLowerCase() === 'idempotency-key') return true
  }
  return false
}

const codeByCause: Readonly<Record<string, ProblemCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'UPSTREAM_TIMEOUT',
  UND_ERR_HEADERS_TIMEOUT: 'UPSTREAM_TIMEOUT',
  UND_ERR_BODY_TIMEOUT: 'UPSTREAM_TIMEOUT',
  UND_ERR_HEADERS_OVERFLOW: 'UPSTREAM_INVALID',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'UPSTREAM_INVALID',
  UND_ERR_INVALID_ARG: 'INVALID_REQUEST',
  UND_ERR_NOT_SUPPORTED: 'INVALID_REQUEST',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'INVALID_REQUEST',
}

/** What a failure of the HTTP client means for the exchange. `neverSent`: no connection had taken the request. */
export function upstreamFailure(cause: Error, neverSent: boolean, repeatable: boolean): UpstreamError {
  if (cause instanceof UpstreamError) return cause
  const causeCode = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  const code = codeByCause[causeCode] ?? (isParserError(cause) ? 'UPSTREAM_INVALID' : neverSent ? 'UPSTREAM_UNREACHABLE' : 'UPSTREAM_RESET')
  const refused = code === 'INVALID_REQUEST'
  return new UpstreamError(code, { cause, neverSent: neverSent && !refused, repeatable: repeatable && !refused })
}

/** By its name: undici sets `code` for some of its parser's errors only. */
function isParserError({ name }: Error): boolean {
  return name === 'HTTPParserError'
}

/** No head within the attempt's time. */
export function headTimeout(timeoutMs: number, neverSent: boolean, repeatable: boolean): UpstreamError {
  return new UpstreamError('UPSTREAM_TIMEOUT', { detail: `no answer within ${timeoutMs} ms`, neverSent, repeatable })
}

/** A 101 that cannot be followed. */
export function badUpgrade(what: string): UpstreamError {
  return new UpstreamError('UPSTREAM_INVALID', { cause: new Error(`The instance gave ${what}`) })
}

/** An answer whose status says that the service failed. */
export function statusFailure(status: number, repeatable: boolean, retryAfterMs: number | undefined): UpstreamError {
  return new UpstreamError('UPSTREAM_STATUS', { detail: `status ${status}`, upstreamStatus: status, repeatable, retryAfterMs })
}
