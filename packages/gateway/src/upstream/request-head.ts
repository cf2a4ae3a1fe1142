import { show } from '@hazeljs/core'
import type { UpstreamRequest } from './upstream-request.js'

/** A request's head as it is written, and what frames its body: a number of bytes, or chunks. */
export interface RequestHead {
  readonly text: string
  readonly bodyBytes: number | 'chunked'
}

/** A last net: all that gets here was checked where it came in. A line end would begin another field, or another request. */
const field = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+: [\t\x20-\x7e\x80-\xff]*$/
const methodAndTarget = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [\x21-\x7e]+$/
/** Methods for which the absence of a body is told (RFC 9110, 8.6). */
const expectBody = new Set(['POST', 'PUT', 'PATCH'])

/**
 * The head of a request of HTTP/1.1; `authority` is its `Host` unless it brings one.
 *
 * @throws {Error} for a target or a field that would break out of its place.
 */
export function requestHead(request: UpstreamRequest, authority: string): RequestHead {
  const { method, target, headers, upgrade } = request
  const start = `${method} ${target}`
  if (!methodAndTarget.test(start)) throw new Error('The method or the target holds characters that are not allowed there')
  let host = authority
  let length: string | undefined
  let fields = ''
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    const value = headers[i + 1] as string
    const line = `${name}: ${value}`
    if (!field.test(line)) throw new Error(`The field ${show(name)} holds characters that are not allowed there`)
    if (name.length === 14 && name.toLowerCase() === 'content-length') length = value
    else if (name.length === 4 && name.toLowerCase() === 'host') host = value
    else fields += `${line}\r\n`
  }
  const connection = upgrade === undefined ? 'connection: keep-alive\r\n' : `connection: upgrade\r\nupgrade: ${upgrade}\r\n`
  const { framing, bodyBytes } = bodyFraming(request, length)
  return { text: `${start} HTTP/1.1\r\nhost: ${host}\r\n${connection}${fields}${framing}\r\n`, bodyBytes }
}

function bodyFraming({ method, body }: UpstreamRequest, length: string | undefined): { framing: string; bodyBytes: number | 'chunked' } {
  if (body === null) return { framing: length !== undefined || expectBody.has(method) ? 'content-length: 0\r\n' : '', bodyBytes: 0 }
  const bodyBytes = Buffer.isBuffer(body) ? body.length : length === undefined ? 'chunked' : Number(length)
  return { framing: bodyBytes === 'chunked' ? 'transfer-encoding: chunked\r\n' : `content-length: ${bodyBytes}\r\n`, bodyBytes }
}
