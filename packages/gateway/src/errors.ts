import { HazelError } from '@hazeljs/core'

/** Every code a client may read in a problem, with the status it comes with. Documented in docs/errors.md. */
export const problemCodes = {
  ORIGIN_REFUSED: { status: 403, title: 'Pages of this origin may not connect here' },
  ROUTE_NOT_FOUND: { status: 404, title: 'No route matches this request' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The method is not allowed here' },
  CLIENT_TOO_SLOW: { status: 408, title: 'The client was too slow' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  ENCODING_NOT_SUPPORTED: { status: 415, title: 'The body is compressed in a way that is not understood' },
  URL_TOO_LONG: { status: 414, title: 'The request target is too long' },
  EXPECTATION_FAILED: { status: 417, title: 'The request expects something that is not supported' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The header is too large' },
  VERSION_UNKNOWN: { status: 400, title: 'The service has no such version' },
  INVALID_REQUEST: { status: 400, title: 'The request is malformed' },
  NOT_IMPLEMENTED: { status: 501, title: 'The request asks for something that is not supported' },
  LOOP_DETECTED: { status: 508, title: 'The request has been here before' },
  GATEWAY_OVERLOADED: { status: 503, title: 'The gateway is at capacity' },
  GATEWAY_CLOSED: { status: 503, title: 'The gateway is shut down' },
  NO_INSTANCE: { status: 503, title: 'No instance of the service is available' },
  CIRCUIT_OPEN: { status: 503, title: 'The service is failing and gets a pause' },
  BULKHEAD_FULL: { status: 503, title: 'The service is at capacity' },
  UPSTREAM_UNREACHABLE: { status: 502, title: 'The service could not be reached' },
  UPSTREAM_RESET: { status: 502, title: 'The service broke off' },
  UPSTREAM_INVALID: { status: 502, title: 'The service answered with something that is not HTTP' },
  ANSWER_TOO_LARGE: { status: 502, title: 'The answer of the service is too large' },
  UPSTREAM_STATUS: { status: 502, title: 'The service failed' },
  UPSTREAM_TIMEOUT: { status: 504, title: 'The service took too long' },
  CLIENT_LEFT: { status: 499, title: 'The client left' },
  INTERNAL: { status: 500, title: 'The gateway failed' },
} as const

export type ProblemCode = keyof typeof problemCodes

export interface GatewayErrorOptions extends ErrorOptions {
  /** Told to the client; must not name hosts, ports or anything internal. */
  readonly detail?: string | undefined
  readonly retryAfterMs?: number | undefined
  /** More header fields for the answer, name after value. */
  readonly headers?: readonly string[] | undefined
}

/** Why a request got no answer from a service. `status` is what the client sees. */
export class GatewayError extends HazelError {
  declare readonly code: ProblemCode
  readonly status: number
  readonly title: string
  readonly detail: string | undefined
  readonly retryAfterMs: number | undefined
  readonly headers: readonly string[]

  constructor(code: ProblemCode, options: GatewayErrorOptions = {}) {
    const { status, title } = problemCodes[code]
    super(code, options.detail === undefined ? title : `${title}: ${options.detail}`, options)
    this.status = status
    this.title = title
    this.detail = options.detail
    this.retryAfterMs = options.retryAfterMs
    this.headers = options.headers ?? []
  }
}

export interface UpstreamErrorOptions extends GatewayErrorOptions {
  /** Which status the service gave, for `UPSTREAM_STATUS`. */
  readonly upstreamStatus?: number
  /** The request surely never reached the service. */
  readonly neverSent?: boolean
  /** Sending the request again is harmless. */
  readonly repeatable?: boolean
}

/** One attempt at a service failed before a byte of its answer went to the client. */
export class UpstreamError extends GatewayError {
  readonly upstreamStatus: number | undefined
  readonly neverSent: boolean
  readonly repeatable: boolean

  constructor(code: ProblemCode, options: UpstreamErrorOptions = {}) {
    super(code, options)
    this.upstreamStatus = options.upstreamStatus
    this.neverSent = options.neverSent ?? false
    this.repeatable = options.repeatable ?? false
  }
}

/** The reason of every abort that a client's departure causes. */
export class ClientLeftError extends GatewayError {
  constructor() {
    super('CLIENT_LEFT')
  }
}
