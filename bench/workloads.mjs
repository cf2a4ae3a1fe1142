// What is asked and what must come back. The upstream, the check and the load generators all read this one list.
import { Buffer } from 'node:buffer'

const KIB = 1024

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} title
 * @property {'GET' | 'POST'} method
 * @property {string} path
 * @property {number} bodyBytes of the request; 0 without a body
 * @property {Buffer} answer the exact body that must come back
 */

const smallJson = Buffer.from(
  JSON.stringify({
    id: 42,
    name: 'Mechanical keyboard',
    currency: 'EUR',
    price: 129.9,
    stock: 17,
    tags: ['input', 'office'],
    updatedAt: '2025-01-01T00:00:00.000Z',
  }),
)

/** Deterministic and without repeats, so that a lost, doubled or swapped chunk changes the bytes. */
export const patternedBytes = (length) => {
  const bytes = Buffer.allocUnsafe(length)
  for (let i = 0, word = 1; i < length; i++) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = word >>> 24
  }
  return bytes
}

/** @type {readonly Workload[]} */
export const workloads = [
  {
    name: 'small-get',
    title: `GET, JSON of ${smallJson.length} bytes`,
    method: 'GET',
    path: '/api/items/42',
    bodyBytes: 0,
    answer: smallJson,
  },
  { name: 'large-get', title: 'GET, 64 KiB', method: 'GET', path: '/api/blob', bodyBytes: 0, answer: patternedBytes(64 * KIB) },
  {
    name: 'post',
    title: 'POST, 16 KiB, small answer',
    method: 'POST',
    path: '/api/upload',
    bodyBytes: 16 * KIB,
    answer: Buffer.from(JSON.stringify({ received: 16 * KIB })),
  },
]

/** Answered with everything the upstream saw of the request; never part of a measurement. */
export const CHECK_PATH = '/api/check'

/** What a browser or an API client sends at the least. */
export const REQUEST_HEADERS = { Accept: 'application/json, */*', 'User-Agent': 'hazel-bench/1', 'Accept-Language': 'en' }
export const BODY_TYPE = 'application/octet-stream'
