import { type ApiRequest, readCount } from './api-request.js'
import { faults } from './api-fault.js'
import { parseLabelSelector } from './label-selector.js'
import type { SliceStore, StoredSlice } from './slice-store.js'

export interface Listing {
  readonly items: readonly StoredSlice[]
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number }
}

/** Where the next page begins, and in which revision. */
interface Continuation {
  readonly revision: number
  readonly start: number
}

/**
 * Answers a list. `limit` counts only where no `resourceVersion=0` lets the server answer from its cache, and the pages that follow show the
 * revision of the first.
 *
 * @throws {ApiFaultError} 400; 410 when the revision of a `continue` was compacted; 504 for a revision that is not there yet.
 */
export function listSlices(store: SliceStore, request: ApiRequest): Listing {
  const { query } = request
  const wanted = readCount(query, 'resourceVersion', 0)
  if (wanted > store.revision) throw faults.tooLarge(wanted, store.revision)
  const continued = query.get('continue') ?? ''
  const { revision, start } = continued === '' ? { revision: store.revision, start: 0 } : readContinuation(continued)
  const fromCache = query.get('resourceVersion') === '0' && continued === ''
  const limit = fromCache ? 0 : readCount(query, 'limit', 0)
  const selected = selection(request)
  const all = store.list(revision).filter(selected)
  const end = limit === 0 ? all.length : start + limit
  const remaining = all.length - end
  const resourceVersion = String(revision)
  if (remaining <= 0) return { items: all.slice(start), metadata: { resourceVersion } }
  const metadata = { resourceVersion, continue: writeContinuation({ revision, start: end }), remainingItemCount: remaining }
  return { items: all.slice(start, end), metadata }
}

/** Whether a slice is one of those that the request means. @throws {ApiFaultError} 400 */
export function selection({ namespace, query }: ApiRequest): (slice: StoredSlice) => boolean {
  const selector = parseLabelSelector(query.get('labelSelector') ?? '')
  const name = nameSelected(query.get('fieldSelector') ?? '')
  return ({ metadata }) =>
    (namespace === undefined || metadata.namespace === namespace) &&
    (name === undefined || metadata.name === name) &&
    selector(metadata.labels ?? {})
}

/** The API knows one field selector that kubectl needs: to watch a single slice. */
function nameSelected(fieldSelector: string): string | undefined {
  if (fieldSelector === '') return undefined
  const name = /^metadata\.name==?([^,]+)$/.exec(fieldSelector)?.[1]
  if (name === undefined) throw faults.badRequest(`field label not supported: ${fieldSelector}`)
  return name
}

function writeContinuation(continuation: Continuation): string {
  return Buffer.from(JSON.stringify(continuation)).toString('base64url')
}

function readContinuation(token: string): Continuation {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as Continuation
  } catch {
    throw faults.badRequest('continue key is not valid')
  }
}
