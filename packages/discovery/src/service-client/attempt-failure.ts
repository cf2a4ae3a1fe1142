import type { Outcome } from '@hazeljs/resilience'
import { ServiceError, type ServiceErrorDetails } from './service-error.js'

type Where = Pick<ServiceErrorDetails, 'service' | 'instance'>

/** Codes of the HTTP client for answers that contradict HTTP or themselves. */
const invalidCodes: readonly unknown[] = [
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_RES_EXCEEDED_MAX_SIZE',
]

/** What a failure of the HTTP client means. `neverSent`: no connection had taken the request. */
export function transportError(cause: Error, neverSent: boolean, status: number | undefined, where: Where): ServiceError {
  const details = { ...where, callRan: !neverSent, status, cause }
  // By its name: undici sets `code` for some of its parser's errors only.
  if (cause.name === 'HTTPParserError' || invalidCodes.includes((cause as { readonly code?: unknown }).code)) {
    return new ServiceError('SERVICE_RESPONSE_INVALID', `What ${placeOf(where)} sent is no valid HTTP: ${cause.message}`, details)
  }
  if (neverSent) return new ServiceError('SERVICE_UNREACHABLE', `No connection to ${placeOf(where)}: ${cause.message}`, details)
  return new ServiceError('SERVICE_CONNECTION_LOST', `${placeOf(where)} broke the connection off: ${cause.message}`, details)
}

/** An answer in whose place another one is asked for. */
export function statusError(status: number, retryAfterMs: number | undefined, where: Where): ServiceError {
  const details = { ...where, callRan: true, status, retryAfterMs }
  return new ServiceError('SERVICE_STATUS', `${placeOf(where)} answered with ${status}`, details)
}

export function tooLargeError(status: number, maxBytes: number, where: Where): ServiceError {
  const message = `The body that ${placeOf(where)} sent with status ${status} is longer than ${maxBytes} bytes, which is maxResponseBytes`
  return new ServiceError('SERVICE_RESPONSE_TOO_LARGE', message, { ...where, callRan: true, status })
}

function placeOf({ service, instance }: Where): string {
  return instance ?? `'${service}'`
}

/** Statuses that another instance, or the same one later, may answer otherwise. */
export function mayPass(status: number): boolean {
  return status === 502 || status === 503 || status === 504
}

export function outcomeOfStatus(status: number): Outcome {
  return status >= 500 ? 'failure' : 'success'
}

/** Whether another attempt may help after an error. An open circuit is not waited for: callers who pile up until it opens gain nothing. */
export function isWorthRetrying(error: Error): boolean {
  const { code } = error as { readonly code?: unknown }
  if (error instanceof ServiceError) return error.code !== 'SERVICE_RESPONSE_TOO_LARGE'
  return code === 'TIMEOUT' || code === 'REGISTRY_UNAVAILABLE'
}

/** What an error of an attempt says of the service: what was not the instances' doing says nothing. */
export function outcomeOfError(error: Error): Outcome {
  if (error instanceof ServiceError) return error.code === 'SERVICE_RESPONSE_TOO_LARGE' ? 'success' : 'failure'
  return (error as { readonly code?: unknown }).code === 'TIMEOUT' ? 'failure' : 'ignored'
}
