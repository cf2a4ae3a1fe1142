// Reads HTTP/1.1 answers off a socket: enough of the protocol to tell one answer from the next and to know its exact bytes.
import { Buffer } from 'node:buffer'

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {string} head status line and fields, without the empty line
 * @property {number} bodyBytes
 * @property {number} wireBytes of the whole answer, as a load generator counts them
 * @property {Buffer | null} body only where the reader was asked to keep bodies
 */

/** One per connection; `push` returns the answers that a chunk completes. Throws where the bytes are no HTTP/1.1 answer. */
export class AnswerReader {
  #rest = Buffer.alloc(0)
  #open = null
  #keepBodies

  constructor(keepBodies = false) {
    this.#keepBodies = keepBodies
  }

  /** @param {Buffer} chunk @returns {Answer[]} */
  push(chunk) {
    const done = []
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = Buffer.alloc(0)
    for (;;) {
      if (this.#open === null) {
        const end = bytes.indexOf('\r\n\r\n')
        if (end === -1) break
        this.#open = openAnswer(bytes.latin1Slice(0, end))
        bytes = bytes.subarray(end + 4)
      }
      const open = this.#open
      if (open.chunked) {
        const body = decodeChunked(bytes)
        if (body === null) break
        open.bodyBytes = body.bytes.length
        open.wireBytes += body.wireBytes
        if (this.#keepBodies) open.parts.push(body.bytes)
        bytes = bytes.subarray(body.wireBytes)
      } else {
        const part = Math.min(open.missing, bytes.length)
        if (this.#keepBodies) open.parts.push(bytes.subarray(0, part))
        open.missing -= part
        open.bodyBytes += part
        open.wireBytes += part
        bytes = bytes.subarray(part)
        if (open.missing > 0) break
      }
      const { status, head, bodyBytes, wireBytes, parts } = open
      done.push({ status, head, bodyBytes, wireBytes, body: this.#keepBodies ? Buffer.concat(parts) : null })
      this.#open = null
    }
    this.#rest = bytes
    return done
  }
}

const openAnswer = (head) => {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(head)
  if (status === null) throw new Error(`not an HTTP/1.1 answer: ${head.slice(0, 80)}`)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)
  const chunked = /\r\ntransfer-encoding: *chunked/i.test(head)
  if (!chunked && length === null) throw new Error(`an answer without a length: ${head.slice(0, 80)}`)
  return { status: +status[1], head, chunked, missing: +(length?.[1] ?? 0), bodyBytes: 0, wireBytes: head.length + 4, parts: [] }
}

/** Decodes a chunked body from its first byte, or returns `null` until all of it is there. */
const decodeChunked = (bytes) => {
  const parts = []
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd === -1) return null
    const size = Number.parseInt(bytes.latin1Slice(at, lineEnd), 16)
    const next = lineEnd + 2 + size + 2
    if (bytes.length < next) return null
    if (size === 0) return { bytes: Buffer.concat(parts), wireBytes: next }
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = next
  }
}

/** The bytes of one request, keep-alive as HTTP/1.1 has it. */
export const requestBytes = (method, path, headers, body) => {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const length = body.length > 0 || method === 'POST' ? `Content-Length: ${body.length}\r\n` : ''
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${fields.join('')}${length}\r\n`), body])
}
