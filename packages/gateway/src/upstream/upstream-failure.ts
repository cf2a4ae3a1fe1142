import { ConnectionError, type ConnectionErrorKind } from './connection-error.js'
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

const codes: Readonly<Record<ConnectionErrorKind, ProblemCode>> = {
  unreachable: 'UPSTREAM_UNREACHABLE',
  'connect-timeout': 'UPSTREAM_TIMEOUT',
  reset: 'UPSTREAM_RESET',
  stale: 'UPSTREAM_RESET',
  silent: 'UPSTREAM_TIMEOUT',
  'invalid-answer': 'UPSTREAM_INVALID',
  'invalid-request': 'INVALID_REQUEST',
}

/** What a failed call means for the exchange. `neverSent`: no connection had taken the request. */
export function upstreamFailure(cause: Error, neverSent: boolean, repeatable: boolean): UpstreamError {
  if (cause instanceof UpstreamError) return cause
  const code = cause instanceof ConnectionError ? codes[cause.kind] : neverSent ? 'UPSTREAM_UNREACHABLE' : 'UPSTREAM_RESET'
  const refused = code === 'INVALID_REQUEST'
  return new UpstreamError(code, { cause, neverSent: neverSent && !refused, repeatable: repeatable && !refused })
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
