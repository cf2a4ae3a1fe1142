import type { HeaderEdits } from '../config/header-edits.js'
import { connectionFields, hasField, withoutFields } from './connection-field.js'
import { fieldKind } from './field-kind.js'
import { addForwarded, hasPassed, type Arrival } from './forwarded.js'
import { headerValues } from './header-lookup.js'

/** What a route does to the fields of its requests. Made once with {@link requestHeaderRules}. */
export interface RequestHeaderRules {
  readonly preserveHost: boolean
  readonly pseudonym: string
  readonly edits: CompiledEdits | undefined
}

/** What a route does to the fields of its answers. */
export interface ResponseHeaderRules {
  /** The gateway answers for CORS: what a service says of it is dropped, or it would grant what the gateway refuses. */
  readonly ownsCors: boolean
  /** The gateway's name in `Via`. */
  readonly pseudonym: string
  readonly edits: CompiledEdits | undefined
}

/** Header edits ready to be applied. Made once with {@link compileEdits}. */
export interface CompiledEdits {
  /** Fields that go: those to remove and those to set, in lower case. */
  readonly dropped: ReadonlySet<string>
  /** Fields that come: name, value, name, value, … */
  readonly added: readonly string[]
}

export interface RequestHeaderOptions {
  /** Send the client's host instead of the instance's. */
  readonly preserveHost: boolean
  /** The gateway's name in `Via`: a token that no other gateway on the way has, since a request that carries it already is refused. */
  readonly pseudonym: string
  readonly edits?: HeaderEdits | undefined
}

/** The head of an answer as a service gave it. */
export interface AnswerHead {
  readonly status: number
  readonly version: '1.0' | '1.1'
  /** Name, value, name, value, … */
  readonly headers: readonly string[]
}

/** The fields of an answer, and what the gateway needs to know of them. */
export interface ResponseHeaders {
  readonly headers: string[]
  /** -1 when the answer does not say. */
  readonly contentLength: number
  /** Whether the answer is `text/event-stream`, which has no natural end. */
  readonly isEventStream: boolean
}

/** Fields of which the gateway's own join those of the service; any other replaces them. */
const joinedFields: ReadonlySet<string> = new Set(['vary', 'set-cookie', 'link'])
const eventStream = /^text\/event-stream *(?:;|$)/i

export function requestHeaderRules({ preserveHost, pseudonym, edits }: RequestHeaderOptions): RequestHeaderRules {
  return { preserveHost, pseudonym, edits: compileEdits(edits) }
}

/** RFC 9110, 7.6.3: the version that the message came with. */
function viaEntry(version: string | undefined, pseudonym: string): string {
  return version === '1.0' ? `1.0 ${pseudonym}` : `1.1 ${pseudonym}`
}

export function compileEdits(edits: HeaderEdits | undefined): CompiledEdits | undefined {
  if (edits === undefined) return undefined
  const { set = {}, remove = [] } = edits
  const dropped = new Set([...Object.keys(set), ...remove].map((name) => name.toLowerCase()))
  return dropped.size === 0 ? undefined : { dropped, added: Object.entries(set).flat() }
}

/**
 * A request's fields as the instance gets them, in order and multiplicity, from a flat list of names and values to another.
 *
 * Gone are: those of one connection, also what `Connection` names; `Expect`; the client's `Host`; names with `_`, which many servers take
 * for `-`; and what an untrusted peer says of forwarding. Added are the X-Forwarded-* and `Via`. The route's edits have the last word.
 *
 * `undefined` when the request passed this gateway before; the answer is 508.
 */
export function requestHeaders(raw: readonly string[], arrival: Arrival, rules: RequestHeaderRules): string[] | undefined {
  const { peerTrusted, requestId } = arrival
  let headers: string[] = []
  let named: Set<string> | undefined
  let chain: string | undefined
  let hasProto = false
  let hasHost = false
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    const value = raw[i + 1] as string
    const kind = fieldKind(name)
    if (kind === 'hop' || kind === 'host' || kind === 'expect') continue
    if (kind === 'pass' || kind === 'content-type' || kind === 'content-length') {
      if (!name.includes('_')) headers.push(name, value)
    } else if (kind === 'connection') {
      named = connectionFields(value, named)
    } else if (kind === 'via') {
      if (hasPassed(value, rules.pseudonym)) return undefined
      headers.push(name, value)
    } else if (kind === 'x-request-id') {
      if (requestId === undefined) headers.push(name, value)
    } else if (peerTrusted) {
      if (kind === 'x-forwarded-for') {
        chain = chain === undefined ? value : `${chain}, ${value}`
        continue
      }
      hasProto ||= kind === 'x-forwarded-proto'
      hasHost ||= kind === 'x-forwarded-host'
      headers.push(name, value)
    }
  }
  // The client's wishes first, then our own fields: none of ours can be wished away.
  if (named !== undefined) headers = withoutFields(headers, named)
  if (rules.preserveHost && arrival.host !== '') headers.push('host', arrival.host)
  addForwarded(headers, arrival, chain, hasProto, hasHost)
  headers.push('via', viaEntry(arrival.httpVersion, rules.pseudonym))
  if (requestId !== undefined) headers.push('x-request-id', requestId)
  return rules.edits === undefined ? headers : applyEdits(headers, rules.edits)
}

/**
 * An answer's fields as the client gets them, in order and multiplicity, as a flat list of names and values.
 *
 * Gone are those of one connection, also what `Connection` names. `own` are the gateway's fields for this answer, name, value, …; they
 * replace the service's, except for `Vary`, `Set-Cookie` and `Link`, which they join. `Via` is added. The edits of `rules` have the last word.
 */
export function responseHeaders(
  { status, version, headers: raw }: AnswerHead,
  own: readonly string[] | undefined,
  rules: ResponseHeaderRules | undefined,
): ResponseHeaders {
  const ownsCors = rules?.ownsCors === true
  let headers: string[] = []
  let named: Set<string> | undefined
  let contentLength = -1
  let isEventStream = false
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    const kind = fieldKind(name)
    if (kind === 'hop' || (ownsCors && isCorsField(name))) continue
    const value = raw[i + 1] as string
    if (kind === 'connection') {
      named = connectionFields(value, named)
      continue
    }
    if (kind === 'content-length') {
      if (status === 204 || status < 200) continue // RFC 9110, 8.6
      contentLength = Number(value)
    } else if (kind === 'content-type') isEventStream = eventStream.test(value)
    headers.push(name, value)
  }
  if (named !== undefined) headers = withoutFields(headers, named)
  if (own !== undefined) headers = addOwn(headers, own)
  if (rules !== undefined) headers.push('via', viaEntry(version, rules.pseudonym))
  if (rules?.edits !== undefined) headers = applyEdits(headers, rules.edits)
  return { headers, contentLength, isEventStream }
}

function isCorsField(name: string): boolean {
  return name.length > 20 && name.slice(0, 15).toLowerCase() === 'access-control-'
}

/** Nearly always the service sends none of our fields, and `headers` is only continued. */
function addOwn(headers: string[], own: readonly string[]): string[] {
  let replaced: Set<string> | undefined
  let varies = false
  for (let i = 0; i < own.length; i += 2) {
    const name = own[i] as string
    if (!hasField(headers, name)) continue
    const lowerCase = name.toLowerCase()
    varies ||= lowerCase === 'vary'
    if (joinedFields.has(lowerCase)) continue
    replaced ??= new Set()
    replaced.add(lowerCase)
  }
  const kept = replaced === undefined ? headers : withoutFields(headers, replaced)
  kept.push(...(varies ? withNewVary(own, headerValues(headers, 'vary')) : own))
  return kept
}

/** Our fields, with those names in `Vary` that the service has not said, in any case; none beside its `*`. */
function withNewVary(own: readonly string[], said: readonly string[]): string[] {
  const known = new Set(said.flatMap((value) => value.toLowerCase().split(',')).map((member) => member.trim()))
  const isNew = (member: string) => !known.has('*') && !known.has(member.trim().toLowerCase())
  return own.flatMap((name, i) => {
    const value = own[i + 1] as string
    if (i % 2 === 1) return []
    if (name.toLowerCase() !== 'vary') return [name, value]
    const members = value.split(',').filter(isNew)
    return members.length === 0 ? [] : [name, members.join(',').trim()]
  })
}

function applyEdits(headers: readonly string[], { dropped, added }: CompiledEdits): string[] {
  return [...withoutFields(headers, dropped), ...added]
}
