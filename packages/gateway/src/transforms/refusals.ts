import { GatewayError } from '../errors.js'

/** Codings that are undone for functions. */
export const decodable = 'gzip, deflate, br'

/** What a message is refused with whose body a function cannot be given. */
export interface Refusals {
  readonly tooLarge: () => GatewayError
  readonly unknownCoding: () => GatewayError
  readonly malformed: (cause: unknown) => GatewayError
}

export function requestRefusals(maxBytes: number): Refusals {
  return {
    tooLarge: () => new GatewayError('BODY_TOO_LARGE', { detail: `At most ${maxBytes} bytes are taken here, without compression.` }),
    // RFC 9110, 15.5.16 and 12.5.3
    unknownCoding: () => new GatewayError('ENCODING_NOT_SUPPORTED', { headers: ['Accept-Encoding', decodable] }),
    malformed: (cause) => new GatewayError('INVALID_REQUEST', { cause, detail: 'The body is not what its Content-Encoding says.' }),
  }
}

export function answerRefusals(maxBytes: number): Refusals {
  return {
    tooLarge: () => new GatewayError('ANSWER_TOO_LARGE', { detail: `At most ${maxBytes} bytes are taken here, without compression.` }),
    unknownCoding: () => new GatewayError('UPSTREAM_INVALID', { detail: 'The answer is compressed in a way that is not understood.' }),
    malformed: (cause) => new GatewayError('UPSTREAM_INVALID', { cause, detail: 'The answer is not what its Content-Encoding says.' }),
  }
}
