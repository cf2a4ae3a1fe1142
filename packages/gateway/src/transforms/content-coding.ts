import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { headerValues } from '../http/header-lookup.js'
import type { Refusals } from './refusals.js'

/** All of `decodable`; RFC 9110, 8.4.1.3, has `x-gzip` mean `gzip`. */
const decoders = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
])

/** What a body is compressed with (RFC 9110, 8.4), in lower case; empty where it is not. */
export function contentCoding(headers: readonly string[]): string {
  return headerValues(headers, 'content-encoding')
    .flatMap((value) => value.split(','))
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity')
    .join(', ')
}

/** Undoes one coding, up to `maxBytes`. Several on top of one another are refused: each layer may be a thousand times the next. */
export async function withoutCoding(bytes: Buffer, coding: string, maxBytes: number, refusals: Refusals): Promise<Buffer> {
  if (coding === '') return bytes
  const decode = decoders.get(coding)
  if (decode === undefined) throw refusals.unknownCoding()
  try {
    return await decode(bytes, { maxOutputLength: maxBytes })
  } catch (cause) {
    throw cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE'
      ? refusals.tooLarge()
      : refusals.malformed(cause)
  }
}
