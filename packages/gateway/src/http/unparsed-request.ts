import type { ArrivedRequest } from '../arrived-request.js'

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** RFC 9110, 5.5: no control characters but tabs, and nothing that is no byte. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * What is wrong with a request that never was on a wire, so that no parser has looked at its method and fields: a sentence for the client.
 * `undefined`: nothing.
 */
export function unparsedProblem({ method, rawHeaders }: ArrivedRequest): string | undefined {
  if (!token.test(method)) return 'The method is no token.'
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!token.test(rawHeaders[i] as string)) return 'The name of a header field is no token.'
    if (!fieldValue.test(rawHeaders[i + 1] as string)) return 'The value of a header field holds a character that none may hold.'
  }
  return undefined
}
