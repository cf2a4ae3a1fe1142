import { ConfigError } from '@hazeljs/core'
import { Exchange } from '../exchange.js'
import { AnswerCollector, type CollectedAnswer } from '../http/answer-collector.js'
import { headerValue } from '../http/header-lookup.js'
import { requestProblems } from './request-problems.js'

/** A request without a socket. */
export interface GatewayRequest {
  readonly method: string
  /** Path and query, unless `query` has it. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Text and bytes go as they are, anything else as JSON. */
  readonly body?: unknown
  /** Whom the request came from. Default: nobody that is trusted. */
  readonly clientIp?: string
}

export interface GatewayResponse {
  readonly status: number
  /** Lower-case names; a list where a field came more than once. */
  readonly headers: Readonly<Record<string, string | string[]>>
  /** Parsed where the answer says it is JSON and is not compressed; otherwise a Buffer. */
  readonly body: unknown
}

/** Walks a request along the same path that a socket's takes, and waits for the whole answer. */
export async function runRequest(request: GatewayRequest, run: (exchange: Exchange) => Promise<unknown>): Promise<GatewayResponse> {
  const collector = new AnswerCollector()
  const exchange = exchangeOf(request, collector)
  collector.once('close', () => {
    exchange.clientLeft()
  })
  // The answer is there a moment before the request has been counted.
  const [answer] = await Promise.all([collector.answer, run(exchange)])
  return decode(answer)
}

/** @throws ConfigError for what is of the wrong type. */
export function exchangeOf(request: GatewayRequest, collector: AnswerCollector): Exchange {
  const problems = requestProblems(request)
  if (problems.length > 0) throw new ConfigError('The request', problems)
  const { body, isJson } = encodeBody(request.body)
  return new Exchange(
    {
      method: request.method.toUpperCase(),
      rawTarget: targetOf(request),
      rawHeaders: rawHeadersOf(request, body, isJson),
      httpVersion: undefined,
      body,
      peer: request.clientIp ?? '',
      proto: 'http',
    },
    collector,
  )
}

function targetOf({ path, query }: GatewayRequest): string {
  if (query === undefined) return path
  const search = new URLSearchParams()
  for (const [name, values] of Object.entries(query)) for (const value of [values ?? []].flat()) search.append(name, value)
  const text = search.toString()
  return text === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${text}`
}

function encodeBody(body: unknown): { body: Buffer | null; isJson: boolean } {
  if (body === undefined || body === null) return { body: null, isJson: false }
  if (typeof body === 'string') return { body: Buffer.from(body), isJson: false }
  if (body instanceof Uint8Array) return { body: Buffer.from(body), isJson: false }
  return { body: Buffer.from(JSON.stringify(body)), isJson: true }
}

function rawHeadersOf({ headers = {} }: GatewayRequest, body: Buffer | null, isJson: boolean): string[] {
  const raw: string[] = []
  for (const [name, values] of Object.entries(headers)) {
    if (name.toLowerCase() === 'content-length' || name.toLowerCase() === 'transfer-encoding' || values === undefined) continue
    for (const value of [values].flat()) raw.push(name, value)
  }
  if (body !== null) raw.push('Content-Length', String(body.length))
  if (isJson && headerValue(raw, 'content-type') === undefined) raw.push('Content-Type', 'application/json')
  return raw
}

function decode({ status, rawHeaders, body }: CollectedAnswer): GatewayResponse {
  const headers = Object.create(null) as Record<string, string | string[]>
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase()
    const value = rawHeaders[i + 1] as string
    const earlier = headers[name]
    headers[name] = earlier === undefined ? value : [...(Array.isArray(earlier) ? earlier : [earlier]), value]
  }
  return { status, headers, body: parsed(rawHeaders, body) }
}

const jsonType = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

function parsed(rawHeaders: readonly string[], body: Buffer): unknown {
  if (body.length === 0 || !jsonType.test(headerValue(rawHeaders, 'content-type') ?? '')) return body
  if (headerValue(rawHeaders, 'content-encoding') !== undefined) return body
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch {
    return body // it said JSON and is none
  }
}
