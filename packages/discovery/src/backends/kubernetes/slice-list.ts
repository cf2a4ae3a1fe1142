import { show } from '@hazeljs/core'
import { KubernetesApiError } from './api-error.js'
import type { CallOptions, KubernetesApi } from './kubernetes-api.js'

/** The slices that there are in one revision. */
export interface SliceList {
  readonly items: readonly unknown[]
  /** Opaque: only handed back, never computed with. */
  readonly resourceVersion: string
}

export interface ListRequest extends CallOptions {
  readonly namespace: string
  readonly labelSelector: string
  /**
   * Whether the API server may answer from its cache, which is cheap for it and may be a moment old. Otherwise it asks its database for
   * what is true now.
   */
  readonly fromCache: boolean
}

/** Slices in one answer; the API server hands out the others in further pages of the same revision. */
export const pageLimit = 500

/** All slices that are selected. Where the revision of a page is forgotten before the next is asked for, all are asked for at once. */
export async function listSlices(api: KubernetesApi, request: ListRequest): Promise<SliceList> {
  try {
    return await readPages(api, request)
  } catch (error) {
    if (!(error instanceof KubernetesApiError) || !error.isExpired) throw error
    return readPage(await api.list(request.namespace, { labelSelector: request.labelSelector }, request))
  }
}

async function readPages(api: KubernetesApi, request: ListRequest): Promise<SliceList> {
  const { namespace, labelSelector, fromCache } = request
  const query = { labelSelector, limit: String(pageLimit) }
  let page = readPage(await api.list(namespace, fromCache ? { ...query, resourceVersion: '0' } : query, request))
  const items = [...page.items]
  while (page.continue !== '') {
    page = readPage(await api.list(namespace, { ...query, continue: page.continue }, request))
    items.push(...page.items)
  }
  return { items, resourceVersion: page.resourceVersion }
}

function readPage(answer: unknown): SliceList & { readonly continue: string } {
  const { items, metadata } = asObject(answer)
  const { resourceVersion, continue: next } = asObject(metadata)
  // Go writes an empty list as null.
  const isList = Array.isArray(items) || items === null
  if (!isList || typeof resourceVersion !== 'string' || resourceVersion === '') {
    throw new Error(`expected a list of EndpointSlices, got ${show(answer)} without items or resourceVersion`)
  }
  return { items: items ?? [], resourceVersion, continue: typeof next === 'string' ? next : '' }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
