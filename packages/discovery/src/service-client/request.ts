import { type Duration, type OptionsReader, resolveOptions, type ServiceFilter, show } from '@hazeljs/core'
import type { PickContext } from '../load-balancers/strategy.js'
import { noBody, prepareBody, type PreparedBody } from './request-body.js'
import { defaultAccept, headerList, headerProblems, type RequestHeaders } from './request-headers.js'
import { pathProblem, type Query, withQuery } from './request-target.js'

export interface RequestOptions {
  readonly headers?: RequestHeaders | undefined
  /** Added to the path's own query. */
  readonly query?: Query | undefined
  /** Ends the call and its connection at once; the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** In place of the client's `timeout`. */
  readonly timeout?: Duration | undefined
  /**
   * Whether the request may be sent twice, so that it can be retried and hedged. Default: by the method (GET, HEAD, OPTIONS, PUT and DELETE
   * may), or by an `Idempotency-Key` among the headers. A body that is a stream is never sent twice.
   */
  readonly idempotent?: boolean | undefined
  /** Calls with the same key go to the same instance under `ip-hash`. */
  readonly key?: string | undefined
  /** Where the caller is, for `zone-aware`. */
  readonly zone?: string | undefined
  /** In place of the client's `filter`. */
  readonly filter?: ServiceFilter | undefined
  /** Ids of instances not to call, as long as another one is UP. */
  readonly exclude?: readonly string[] | undefined
  /** In place of the client's `throwOnError`. */
  readonly throwOnError?: boolean | undefined
}

export interface RequestWithBody extends RequestOptions {
  /** Strings, bytes, URLSearchParams and streams (Readable, or any async iterable of bytes) as they are; everything else as JSON. */
  readonly body?: unknown
}

/** A request after checking. */
export interface PreparedRequest {
  readonly method: string
  /** Without the query: for logs. */
  readonly path: string
  readonly target: string
  readonly headers: string[]
  readonly body: PreparedBody['content']
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number | undefined
  readonly idempotent: boolean
  readonly pick: PickContext
  readonly exclude: readonly string[]
  readonly filter: ServiceFilter | undefined
  readonly throwOnError: boolean | undefined
}

/** Methods whose repetition changes nothing: RFC 9110, 9.2.2. */
const idempotentMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']
const refusedMethods: readonly string[] = ['CONNECT', 'TRACE', 'UPGRADE']
const methodName = /^[A-Z][A-Z_-]*$/

interface RequestParts extends RequestWithBody {
  readonly method: string
  readonly path: string
}

/** @throws {ConfigError} naming everything that is wrong with the request, of which nothing was sent then. */
export function prepareRequest(
  method: string,
  path: string,
  given: RequestWithBody,
  defaults: RequestHeaders | undefined,
): PreparedRequest {
  const read = (options: OptionsReader<RequestParts>) => readRequest(options, defaults)
  return resolveOptions('ServiceClient request', read, { ...given, method, path })
}

function readRequest(options: OptionsReader<RequestParts>, defaults: RequestHeaders | undefined): PreparedRequest {
  const method = readMethod(options)
  const path = readPath(options)
  const body = readBody(options)
  const given = readHeaders(options)
  const base: RequestHeaders = { accept: defaultAccept, ...(body.contentType !== undefined && { 'content-type': body.contentType }) }
  const { list, names } = headerList(base, defaults, given)
  const repeatable = typeof body.content !== 'object' || body.content === null || body.content instanceof Uint8Array
  const idempotent = options.boolean('idempotent', idempotentMethods.includes(method) || names.has('idempotency-key'))
  const key = options.string('key', undefined)
  const zone = options.string('zone', undefined)
  options.able('signal', 'AbortSignal', 'addEventListener')
  return {
    method,
    path: path.split('?', 1)[0] as string,
    target: withQuery(path, readQuery(options)),
    headers: list,
    body: body.content,
    signal: options.value('signal'),
    timeoutMs: options.duration('timeout', undefined, 1),
    idempotent: idempotent && repeatable,
    pick: { ...(key !== undefined && { key }), ...(zone !== undefined && { zone }) },
    exclude: readExclude(options),
    filter: options.value('filter'),
    throwOnError: options.has('throwOnError') ? options.boolean('throwOnError', false) : options.value('throwOnError'),
  }
}

function readMethod(options: OptionsReader<RequestParts>): string {
  const given: unknown = options.value('method')
  const method = typeof given === 'string' ? given.toUpperCase() : ''
  if (!methodName.test(method)) options.add('method', `expected the name of a method, got ${show(given)}`)
  else if (refusedMethods.includes(method)) options.add('method', `${method} is not for services`)
  return method
}

function readPath(options: OptionsReader<RequestParts>): string {
  const path: unknown = options.value('path')
  const problem = pathProblem(path)
  if (problem !== undefined) options.add('path', problem)
  return typeof path === 'string' ? path : '/'
}

function readBody(options: OptionsReader<RequestParts>): PreparedBody {
  const body = prepareBody(options.value('body'))
  if (typeof body !== 'string') return body
  options.add('body', body)
  return noBody
}

function readHeaders(options: OptionsReader<RequestParts>): RequestHeaders | undefined {
  const headers = options.value('headers')
  if (headers === undefined) return undefined
  const problems = headerProblems(headers)
  for (const { path, message } of problems) options.add(path === '' ? 'headers' : `headers.${path}`, message)
  return problems.length === 0 ? headers : undefined
}

function readQuery(options: OptionsReader<RequestParts>): Query | undefined {
  const query: unknown = options.value('query')
  if (query === undefined || (typeof query === 'object' && query !== null && !Array.isArray(query))) return query as Query | undefined
  options.add('query', `expected an object or URLSearchParams, got ${show(query)}`)
  return undefined
}

function readExclude(options: OptionsReader<RequestParts>): readonly string[] {
  const exclude: unknown = options.value('exclude')
  if (exclude === undefined) return []
  if (Array.isArray(exclude) && exclude.every((id) => typeof id === 'string')) return exclude
  options.add('exclude', `expected an array of ids, got ${show(exclude)}`)
  return []
}
