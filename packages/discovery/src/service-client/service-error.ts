import { HazelError } from '@hazeljs/core'
import type { ServiceResponse } from './service-response.js'

/**
 * - `SERVICE_UNREACHABLE`: no connection to the instance could be made. It did not see the request.
 * - `SERVICE_CONNECTION_LOST`: the connection broke off before the answer was complete. The request may have been worked on.
 * - `SERVICE_STATUS`: with `throwOnError`, the answer's status is 400 or above. The answer is `response`.
 * - `SERVICE_RESPONSE_INVALID`: what came is no HTTP, or its body is not the JSON that it says it is.
 * - `SERVICE_RESPONSE_TOO_LARGE`: the body is longer than `maxResponseBytes`.
 */
export type ServiceErrorCode =
  'SERVICE_UNREACHABLE' | 'SERVICE_CONNECTION_LOST' | 'SERVICE_STATUS' | 'SERVICE_RESPONSE_INVALID' | 'SERVICE_RESPONSE_TOO_LARGE'

export interface ServiceErrorDetails {
  readonly service: string
  /** The id of the instance that was called. */
  readonly instance?: string | undefined
  readonly callRan: boolean
  readonly status?: number | undefined
  readonly response?: ServiceResponse | undefined
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/** A call to an instance was made, or tried, and did not end well. */
export class ServiceError extends HazelError {
  override readonly code: ServiceErrorCode
  readonly service: string
  /** The id of the instance that was called last. */
  readonly instance: string | undefined
  /** `false`: the instance has not seen the request, so calling again repeats nothing. */
  readonly callRan: boolean
  /** Of the answer, where there was one. */
  readonly status: number | undefined
  /** The whole answer, with `SERVICE_STATUS` from `throwOnError`. */
  readonly response: ServiceResponse | undefined
  /** How long the instance asks to wait. */
  readonly retryAfterMs: number | undefined

  constructor(code: ServiceErrorCode, message: string, details: ServiceErrorDetails) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.service = details.service
    this.instance = details.instance
    this.callRan = details.callRan
    this.status = details.status
    this.response = details.response
    this.retryAfterMs = details.retryAfterMs
  }
}
