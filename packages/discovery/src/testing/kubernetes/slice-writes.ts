import type { IncomingMessage } from 'node:http'
import type { EndpointSlice } from '../../backends/kubernetes/endpoint-slice.js'
import type { ApiRequest } from './api-request.js'
import { faults } from './api-fault.js'
import type { SliceStore, StoredSlice } from './slice-store.js'

const maxBodyBytes = 3 * 1024 * 1024

/** Creates, replaces, patches or deletes as a request asks. @throws {ApiFaultError} */
export async function writeSlice(store: SliceStore, request: ApiRequest, incoming: IncomingMessage, now: string): Promise<StoredSlice> {
  const { verb, namespace = '', name = '' } = request
  const before = store.get(namespace, name)
  if (verb !== 'create' && before === undefined) throw faults.notFound(name)
  if (verb === 'delete') return store.delete(namespace, name) as StoredSlice
  const body = await readBody(incoming)
  if (verb === 'patch') return store.put(readSlice(mergePatch(before, body)), namespace, now)
  const slice = readSlice(body)
  if (verb === 'create') {
    if (store.get(namespace, slice.metadata.name) !== undefined) throw faults.alreadyExists(slice.metadata.name)
    return store.put(slice, namespace, now)
  }
  if (slice.metadata.name !== name) throw faults.badRequest('the name of the object does not match the name on the URL')
  const { resourceVersion } = slice.metadata
  if (resourceVersion !== undefined && resourceVersion !== before?.metadata.resourceVersion) throw faults.conflict(name)
  return store.put(slice, namespace, now)
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';')
  const accepted = request.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  if (type !== accepted) throw faults.unsupportedMediaType(type)
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > maxBodyBytes) throw faults.badRequest('the body is too large')
  }
  try {
    return JSON.parse(text)
  } catch {
    throw faults.badRequest('the body is no JSON')
  }
}

/** What the API server checks of a slice that is sent to it, in short. */
function readSlice(body: unknown): EndpointSlice {
  const { metadata, addressType, endpoints } = (isObject(body) ? body : {}) as Partial<EndpointSlice>
  if (!isObject(metadata) || typeof metadata.name !== 'string' || metadata.name === '')
    throw faults.invalid('metadata.name: Required value')
  if (addressType === undefined) throw faults.invalid('addressType: Required value')
  if (endpoints !== undefined && endpoints !== null && !Array.isArray(endpoints)) throw faults.badRequest('endpoints is no list')
  return body as EndpointSlice
}

/** RFC 7396. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const merged = new Map(Object.entries(isObject(target) ? target : {}))
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name), value))
  }
  return Object.fromEntries(merged)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
