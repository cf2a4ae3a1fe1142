import { type Clock, type Random, toError } from '@hazeljs/core'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Access, type ApiVerb, authorize } from './access.js'
import { apiDocument } from './api-documents.js'
import { type ApiFault, ApiFaultError, faults, statusOf } from './api-fault.js'
import { type ApiRequest, isTrue, readApiRequest, readCount } from './api-request.js'
import { listSlices, selection } from './slice-listing.js'
import type { SliceStore, StoredSlice } from './slice-store.js'
import { asksForTable, tableOf } from './slice-table.js'
import { writeSlice } from './slice-writes.js'
import { WatchStream } from './watch-stream.js'

/** How long a watch lasts that names no time: from half an hour to an hour, as kube-apiserver does. */
const minWatchTimeoutMs = 1_800_000

export interface ApiHandlerOptions {
  readonly store: SliceStore
  readonly access: Access
  readonly clock: Clock
  readonly random: Random
  readonly bookmarkIntervalMs: number
  readonly expiredWatches: 'event' | 'status'
  /** Told of each request for slices; a fault that it returns is the answer. */
  readonly admit: (request: ApiRequest) => ApiFault | undefined
  readonly opened: (stream: WatchStream) => void
}

/** Answers one request as kube-apiserver does. */
export class ApiHandler {
  readonly #options: ApiHandlerOptions

  constructor(options: ApiHandlerOptions) {
    this.#options = options
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response)
    } catch (error) {
      const fault = error instanceof ApiFaultError ? error.fault : { code: 500, reason: 'InternalError', message: toError(error).message }
      refuse(response, fault)
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const verbs = this.#options.access.authenticate(request)
    const url = new URL(request.url ?? '/', 'http://kubernetes')
    const document = apiDocument(url.pathname.replace(/(.)\/$/, '$1'))
    if (document !== undefined) {
      send(response, 200, document)
      return
    }
    const apiRequest = readApiRequest(request.method ?? 'GET', url)
    const fault = this.#options.admit(apiRequest)
    if (fault !== undefined) {
      refuse(response, fault)
      return
    }
    authorize(verbs, apiRequest.verb, apiRequest.namespace)
    await this.#perform(apiRequest, request, response)
  }

  async #perform(request: ApiRequest, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { store, clock } = this.#options
    const asTable = asksForTable(incoming.headers.accept)
    switch (request.verb) {
      case 'watch': {
        this.#watch(request, response, asTable)
        return
      }
      case 'list': {
        const { items, metadata } = listSlices(store, request)
        const list = { kind: 'EndpointSliceList', apiVersion: 'discovery.k8s.io/v1', metadata, items }
        send(response, 200, asTable ? tableOf(items, metadata, clock.wallTime()) : list)
        return
      }
      case 'get': {
        const slice = store.get(request.namespace ?? '', request.name ?? '')
        if (slice === undefined) throw faults.notFound(request.name ?? '')
        send(response, 200, this.#show(slice, asTable))
        return
      }
      default: {
        const slice = await writeSlice(store, request, incoming, new Date(clock.wallTime()).toISOString())
        send(response, writeStatus(request.verb), slice)
        return
      }
    }
  }

  #watch(request: ApiRequest, response: ServerResponse, asTable: boolean): void {
    const { store, clock, random, bookmarkIntervalMs, expiredWatches } = this.#options
    const { query } = request
    if (query.has('sendInitialEvents')) {
      throw faults.invalid(
        'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
      )
    }
    const revision = readCount(query, 'resourceVersion', 0)
    const timeoutMs = readCount(query, 'timeoutSeconds', 0) * 1_000
    const selects = selection(request)
    if (revision > 0 && expiredWatches === 'status') store.changesSince(revision)
    const stream = new WatchStream(response, clock, {
      selects,
      show: (slice) => this.#show(slice, asTable),
      bookmark: isTrue(query.get('allowWatchBookmarks')) ? () => this.#show(emptySlice(store.revision), asTable) : undefined,
      bookmarkIntervalMs,
      timeoutMs: timeoutMs > 0 ? timeoutMs : minWatchTimeoutMs * (1 + random.next()),
    })
    this.#options.opened(stream)
    try {
      // No revision, and the revision 0, ask for what there is, told as added.
      if (revision === 0) for (const slice of store.list()) stream.tellExisting(slice)
      else for (const change of store.changesSince(revision)) stream.tell(change)
    } catch (error) {
      // A watch that has passed authorization fails inside of its stream.
      if (!(error instanceof ApiFaultError)) throw error
      stream.fail(error.fault)
      return
    }
    stream.onClose(store.onChange((change) => stream.tell(change)))
  }

  #show(slice: StoredSlice, asTable: boolean): object {
    return asTable ? tableOf([slice], { resourceVersion: slice.metadata.resourceVersion }, this.#options.clock.wallTime()) : slice
  }
}

export function refuse(response: ServerResponse, fault: ApiFault): void {
  if (fault.retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(fault.retryAfterSeconds))
  send(response, fault.code, statusOf(fault))
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' })
  response.end(`${JSON.stringify(body)}\n`)
}

function writeStatus(verb: ApiVerb): number {
  return verb === 'create' ? 201 : 200
}

/** The object of a bookmark: nothing but a revision. */
function emptySlice(revision: number): StoredSlice {
  const metadata = { name: '', namespace: '', resourceVersion: String(revision), creationTimestamp: null }
  return { kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1', metadata, addressType: 'IPv4', endpoints: null, ports: null }
}
