import { withoutFields } from '../http/connection-field.js'

/**
 * What is about the bytes that a function has replaced: their number, their coding, which the function undid, and digests (RFC 9530;
 * `Digest` and `Content-MD5` are its forerunners, RFC 3230 and RFC 2616).
 */
const ofTheBytes = ['content-length', 'content-encoding', 'content-md5', 'digest', 'content-digest', 'repr-digest']
const ofRequests: ReadonlySet<string> = new Set(ofTheBytes)
/** Parts of a changed answer can't be asked for. */
const ofAnswers: ReadonlySet<string> = new Set([...ofTheBytes, 'accept-ranges'])

/** The fields of a request with another body than it came with. */
export function changedRequestFields(headers: readonly string[], length: number): string[] {
  return [...withoutFields(headers, ofRequests), 'content-length', String(length)]
}

/** The fields of an answer with another body than the service gave. Without `length`: where there is no body, to HEAD and with 304. */
export function changedAnswerFields(headers: readonly string[], length?: number): string[] {
  const kept = withoutFields(headers, ofAnswers)
  for (let i = 0; i < kept.length; i += 2) {
    if ((kept[i] as string).toLowerCase() === 'etag') kept[i + 1] = weak(kept[i + 1] as string)
  }
  if (length !== undefined) kept.push('Content-Length', String(length))
  return kept
}

/** A strong validator would say that the bytes are those of the service (RFC 9110, 8.8.1). `If-None-Match` compares weakly. */
function weak(etag: string): string {
  return etag.startsWith('W/') ? etag : `W/${etag}`
}
