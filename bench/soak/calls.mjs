// What the load asks for, with what fate, and whether an answer is right.
import { Buffer } from 'node:buffer'
import { bytesOf } from './bytes.mjs'

/** Bodies up to here are sent again by the gateway. */
const REPLAYED = 65_536
const SIZES = [0, 1, 145, 4_096, 65_536, 300_000]
const UPLOADS = [0, 1, 1_024, 16_384, 65_536, 200_000]
const CHUNK = 7_919
export const INSTANCES = 3

/**
 * Of all calls, in per cent. A fate strikes on one instance alone: of those below a third meets it at once, which makes 5 % resets and 1 %
 * timeouts; whoever tries again finds healthy ones.
 */
const FATES = [
  ['reset', 7.5],
  ['reset-body', 7.5],
  ['hang', 3],
  ['busy', 3],
]
const ABORTS = [
  ['before-head', 5 / 3],
  ['mid-body', 5 / 3],
  ['uploading', 5 / 3],
]

const oneOf = (list) => list[Math.floor(Math.random() * list.length)]
const drawn = (shares) => {
  let left = Math.random() * 100
  return shares.find(([, share]) => (left -= share) < 0)?.[0]
}

/** @returns a call, drawn */
export const drawCall = (id) => {
  const abort = drawn(ABORTS)
  const fate = abort === undefined ? drawn(FATES) : undefined
  const method = abort === 'uploading' ? 'POST' : abort === 'mid-body' ? 'GET' : oneOf(['GET', 'GET', 'GET', 'POST', 'PUT'])
  return {
    id,
    abort,
    method,
    fate,
    at: Math.floor(Math.random() * INSTANCES),
    // An answer without a body is whole before its connection breaks, and the next request would meet the fate.
    size: abort === 'mid-body' ? 2_000_000 : oneOf(fate === 'reset-body' ? SIZES.slice(1) : SIZES),
    upload: abort === 'uploading' ? 200_000 : method === 'GET' ? 0 : oneOf(UPLOADS),
    chunkedAnswer: Math.random() < 0.2,
    chunkedUpload: method !== 'GET' && Math.random() < 0.3,
  }
}

/** The request's bytes: all, or where its client leaves while it uploads, about half. */
export const requestOf = ({ id, abort, method, fate, at, size, upload, chunkedAnswer, chunkedUpload }) => {
  const framing = chunkedUpload ? 'Transfer-Encoding: chunked\r\n' : method === 'GET' ? '' : `Content-Length: ${upload}\r\n`
  const fields = fate === undefined ? '' : `X-Soak-Fate: ${fate}\r\nX-Soak-At: ${at}\r\n`
  const head = `${method} /soak/bytes?size=${size}${chunkedAnswer ? '&chunked' : ''} HTTP/1.1\r\nHost: soak\r\nX-Request-Id: ${id}\r\n${fields}${framing}\r\n`
  const body = bytesOf(id, upload)
  const whole = Buffer.concat([Buffer.from(head, 'latin1'), chunkedUpload ? inChunks(body) : body])
  return abort === 'uploading' ? whole.subarray(0, whole.length >> 1) : whole
}

const inChunks = (body) => {
  const parts = []
  for (let at = 0; at < body.length; at += CHUNK) {
    const part = body.subarray(at, at + CHUNK)
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

const field = (head, name) => new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(head)?.[1]

/** Whether the gateway may not lose it: an instance was healthy, and a second attempt harmless. */
const mustSucceed = ({ method, fate, upload }) => fate === undefined || (method !== 'POST' && upload <= REPLAYED && fate !== 'reset-body')

/** @returns what is wrong with the answer, and of which kind: `mixed` is another's, `lost` should have been tried again; else `undefined` */
export const judge = (call, { status, head, body }) => {
  const { id, fate, size, upload } = call
  if (field(head, 'x-request-id') !== id) return { kind: 'mixed', why: `${id} got the answer to ${field(head, 'x-request-id')}` }
  const from = field(head, 'x-soak-id')
  if (from !== undefined && from !== id) return { kind: 'mixed', why: `${id} got what the service said to ${from}` }
  if (status === 200 || (from !== undefined && fate === 'busy' && status === 503)) {
    if (!body.equals(bytesOf(id, size))) return { kind: 'mixed', why: `${id} got ${body.length} bytes of ${size}, or others than its own` }
    if (field(head, 'x-soak-received') !== `${upload}:whole`)
      return { kind: 'mixed', why: `${id} sent ${upload} bytes, the service got ${field(head, 'x-soak-received')}` }
    if (status === 200) return undefined
  }
  if ((status === 502 || status === 503 || status === 504) && !mustSucceed(call)) return undefined
  return {
    kind: 'lost',
    why: `${call.method} with fate ${fate ?? 'none'}: ${status} ${from === undefined ? body.toString('latin1', 0, 200) : ''}`,
  }
}

/** @returns the same for an answer that did not come whole */
export const judgeCut = (call, { begun, message }) => {
  if (call.fate === 'reset-body') return undefined
  if (!mustSucceed(call) && call.upload > 0) return undefined // an early answer ends the connection, and a client that still sends may miss it
  return {
    kind: 'lost',
    why: `${call.method} with fate ${call.fate ?? 'none'}: cut ${begun ? 'in its answer' : 'before its answer'}, ${message}`,
  }
}
