import { types } from 'node:util'
import { Readable } from 'node:stream'
import { show, toError } from '@hazeljs/core'

/** A body as it can be sent. */
export interface PreparedBody {
  readonly content: string | Uint8Array | Readable | null
  /** What it is, unless the headers say otherwise. */
  readonly contentType: string | undefined
}

export const noBody: PreparedBody = { content: null, contentType: undefined }

const cannotBeSent = 'send it as a string, bytes, URLSearchParams or a stream'

/**
 * Text, bytes, URLSearchParams and streams as they are; everything else as JSON. A stream is read once: it cannot be sent a second time.
 *
 * @returns a text that says why it cannot be sent.
 */
export function prepareBody(body: unknown): PreparedBody | string {
  if (body === undefined) return noBody
  if (typeof body === 'string') return { content: body, contentType: 'text/plain; charset=utf-8' }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return asJson(body)
  if (ArrayBuffer.isView(body)) return bytes(new Uint8Array(body.buffer, body.byteOffset, body.byteLength))
  if (types.isAnyArrayBuffer(body)) return bytes(new Uint8Array(body))
  if (body instanceof URLSearchParams) {
    return { content: body.toString(), contentType: 'application/x-www-form-urlencoded;charset=UTF-8' }
  }
  if (Symbol.asyncIterator in body) return asStream(body as AsyncIterable<unknown>)
  const kind = Object.prototype.toString.call(body).slice(8, -1)
  // As JSON these would be {}, and nobody would notice.
  if (Symbol.iterator in body || kind === 'Blob' || kind === 'File') return `a ${kind} is no JSON; ${cannotBeSent}`
  return asJson(body)
}

function bytes(content: Uint8Array): PreparedBody {
  return { content, contentType: undefined }
}

function asStream(body: AsyncIterable<unknown>): PreparedBody {
  const content = body instanceof Readable ? body : Readable.from(body, { objectMode: false })
  // It may fail before the HTTP client listens to it, and after; who waits for the call hears of it.
  content.on('error', () => undefined)
  return { content, contentType: undefined }
}

function asJson(body: unknown): PreparedBody | string {
  try {
    const content = JSON.stringify(body) as string | undefined
    return content === undefined ? `${show(body)} is no JSON; ${cannotBeSent}` : { content, contentType: 'application/json' }
  } catch (error) {
    return `is no JSON: ${toError(error).message}`
  }
}
