/** The head of an answer, and how its body is framed. */
export interface ResponseHead {
  readonly status: number
  readonly version: '1.0' | '1.1'
  /** Name, value, name, value, … as they stand on the wire, in order; values without the white space around them. */
  readonly headers: string[]
  /** Whether the body comes in chunks. */
  readonly chunked: boolean
  /** Of the body; -1 where the answer does not say. */
  readonly contentLength: number
  /** Whether the instance takes another request on this connection. */
  readonly persistent: boolean
  /** For how long it takes one, as `Keep-Alive` says; `undefined`: it does not say. */
  readonly keepAliveSeconds: number | undefined
}

/** RFC 9112, sections 4 and 5, without folded lines, which a gateway may refuse (5.2), and without bare LF and control bytes. */
const wellFormed = /^HTTP\/1\.[01] [1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?\r\n(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/
const trailerLine = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r$/
/** RFC 9110, 6.5.1: two readers could disagree about where the answer ends. */
const framing = /^(?:content-length|transfer-encoding):/i
const digits = /^\d{1,15}$/
/** Options of `Connection`; `close` wins over everything (RFC 9112, 9.3). */
const closeOption = /(?:^|[\s,])close(?:$|[\s,])/i
const keepAliveOption = /(?:^|[\s,])keep-alive(?:$|[\s,])/i
const keepAliveTimeout = /(?:^|[\s,;])timeout=(\d{1,9})/i
/** Where the status stands in the first line. */
const statusAt = 9

/**
 * Reads the head of an answer, from the first line to the line end before the empty one.
 *
 * @throws {Error} for what is not HTTP/1.1, and for a framing that two readers could take differently (RFC 9112, 6.1 and 6.3).
 */
export function readHead(text: string): ResponseHead {
  if (!wellFormed.test(text)) throw new Error('The head of the answer is malformed')
  const headers: string[] = []
  let contentLength = -1
  let coding: string | undefined
  const isHttp11 = text.charCodeAt(7) === 49
  let keepAlive = isHttp11
  let close = false
  let keepAliveSeconds: number | undefined
  let start = text.indexOf('\r\n') + 2
  while (start < text.length) {
    const end = text.indexOf('\r\n', start)
    const colon = text.indexOf(':', start)
    const name = text.slice(start, colon)
    const value = trimmed(text, colon + 1, end)
    start = end + 2
    headers.push(name, value)
    switch (name.length) {
      case 10:
        if (is(name, 'connection')) {
          if (value !== 'keep-alive') close ||= closeOption.test(value)
          keepAlive ||= keepAliveOption.test(value)
        }
        if (is(name, 'keep-alive')) keepAliveSeconds = secondsOf(value)
        break
      case 14:
        if (!is(name, 'content-length')) break
        if (contentLength !== -1 || !digits.test(value)) throw new Error('The answer has no valid Content-Length')
        contentLength = Number(value)
        break
      case 17:
        if (is(name, 'transfer-encoding')) coding = coding === undefined ? value : `${coding}, ${value}`
    }
  }
  if (coding !== undefined) {
    if (contentLength !== -1) throw new Error('The answer has both Transfer-Encoding and Content-Length')
    if (coding.toLowerCase() !== 'chunked' || !isHttp11) throw new Error('The answer has an unknown Transfer-Encoding')
  }
  const status = Number(text.slice(statusAt, statusAt + 3))
  return {
    status,
    version: isHttp11 ? '1.1' : '1.0',
    headers,
    chunked: coding !== undefined,
    contentLength,
    persistent: keepAlive && !close,
    keepAliveSeconds,
  }
}

/** Reads a line behind the last chunk, with its carriage return: name and value. @throws {Error} for what is none, or frames a message. */
export function readTrailer(line: string): [string, string] {
  if (!trailerLine.test(line) || framing.test(line)) throw new Error('A trailer is malformed')
  const colon = line.indexOf(':')
  return [line.slice(0, colon), trimmed(line, colon + 1, line.length - 1)]
}

function is(name: string, lowerCase: string): boolean {
  return (name.charCodeAt(0) | 0x20) === lowerCase.charCodeAt(0) && (name === lowerCase || name.toLowerCase() === lowerCase)
}

function trimmed(text: string, from: number, to: number): string {
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9
}

function secondsOf(value: string): number | undefined {
  const seconds = keepAliveTimeout.exec(value)?.[1]
  return seconds === undefined ? undefined : Number(seconds)
}
