import type { ResponseHeaders } from './service-response.js'

const json = /^application\/(?:[\w.!#$&^+-]+\+)?json$/
const charset = /;\s*charset="?([^";\s]+)/i

/** @throws {SyntaxError} where the body is not the JSON that the headers say it is. */
export function dataOf(headers: ResponseHeaders, bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') return bytes
  const type = headers['content-type']
  if (typeof type !== 'string') return bytes
  const essence = (type.split(';', 1)[0] as string).trim().toLowerCase()
  // JSON is UTF-8, whatever a charset says (RFC 8259, 8.1).
  if (json.test(essence)) return JSON.parse(new TextDecoder().decode(bytes)) as unknown
  return essence.startsWith('text/') ? decoderFor(type).decode(bytes) : bytes
}

function decoderFor(contentType: string): { decode(bytes: Uint8Array): string } {
  const label = charset.exec(contentType)?.[1]
  try {
    return new TextDecoder(label)
  } catch {
    return new TextDecoder() // for a charset that nobody knows
  }
}
