import type { ApiVerb } from './access.js'
import { faults } from './api-fault.js'

/** A request for EndpointSlices, as the server understood it. */
export interface ApiRequest {
  readonly verb: ApiVerb
  /** `undefined`: of all namespaces. */
  readonly namespace: string | undefined
  /** `undefined`: all of them. */
  readonly name: string | undefined
  readonly query: URLSearchParams
}

const path = /^\/apis\/discovery\.k8s\.io\/v1(?:\/namespaces\/([^/]+))?\/endpointslices(?:\/([^/]+))?$/
const verbsOfOne: Readonly<Record<string, ApiVerb>> = { GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }

/** @throws {ApiFaultError} 404, 405 */
export function readApiRequest(method: string, url: URL): ApiRequest {
  const match = path.exec(url.pathname)
  if (match === null) throw faults.noSuchPath()
  const [namespace, name] = [decodePart(match[1]), decodePart(match[2])]
  if (name !== undefined && namespace === undefined) throw faults.noSuchPath()
  const verb = name === undefined ? verbOfMany(method, namespace, url) : verbsOfOne[method]
  if (verb === undefined) throw faults.methodNotAllowed()
  return { verb, namespace, name, query: url.searchParams }
}

function decodePart(part: string | undefined): string | undefined {
  return part === undefined ? undefined : decodeURIComponent(part)
}

function verbOfMany(method: string, namespace: string | undefined, url: URL): ApiVerb | undefined {
  if (method === 'POST') return namespace === undefined ? undefined : 'create'
  if (method !== 'GET') return undefined
  return isTrue(url.searchParams.get('watch')) ? 'watch' : 'list'
}

/** A flag of the query, in the spellings of Go. */
export function isTrue(value: string | null): boolean {
  return value !== null && ['1', 't', 'true'].includes(value.toLowerCase())
}

/** A number of the query; `fallback` when it is left out. @throws {ApiFaultError} 400 */
export function readCount(query: URLSearchParams, name: string, fallback: number): number {
  const value = query.get(name)
  if (value === null || value === '') return fallback
  if (!/^\d+$/.test(value)) throw faults.badRequest(`Invalid value: "${value}": ${name} is no number`)
  return Number(value)
}
