import { LineSplitter } from '../line-splitter.js'
import { grpcCode, EndpointFailure, EtcdRefusal, refusalIn, refusalOfCancel } from './etcd-errors.js'
import type { EtcdConnection } from './etcd-connection.js'
import { rangeEnd } from './etcd-keys.js'

/** etcd's 64-bit numbers are texts in JSON, and stay texts: a JS number holds 53 bits. */
export type Int64 = string

export interface KeyValue {
  readonly key: string
  /** Empty where only keys were asked for. */
  readonly value: string
  readonly modRevision: Int64
  /** {@link noLease} where it has none. */
  readonly lease: Int64
}

export const noLease: Int64 = '0'

export interface Listing {
  readonly revision: Int64
  readonly entries: readonly KeyValue[]
}

export type Change =
  { readonly kind: 'put'; readonly entry: KeyValue } | { readonly kind: 'delete'; readonly key: string; readonly revision: Int64 }

export type WatchMessage =
  | { readonly kind: 'created' }
  /** Never empty, and never half of what one transaction did. */
  | { readonly kind: 'changes'; readonly changes: readonly Change[] }
  /** Nothing has changed up to this revision. */
  | { readonly kind: 'progress'; readonly revision: Int64 }
  /** The revision to begin at is forgotten. */
  | { readonly kind: 'compacted' }

/** A put without a lease keeps the one that the key has. */
export type Operation = { readonly put: string; readonly value: string; readonly lease?: Int64 } | { readonly delete: string }

interface RawKeyValue {
  readonly key: string
  readonly value?: string
  readonly mod_revision: Int64
  readonly lease?: Int64
}

interface RawAnswer {
  readonly header?: { readonly revision?: Int64 }
  readonly kvs?: readonly RawKeyValue[]
  readonly succeeded?: boolean
  readonly responses?: readonly { readonly response_put?: { readonly prev_kv?: RawKeyValue } }[]
  readonly ID?: Int64
}

interface RawWatch {
  readonly header?: { readonly revision?: Int64 }
  readonly created?: boolean
  readonly canceled?: boolean
  readonly compact_revision?: Int64
  readonly cancel_reason?: string
  readonly events?: readonly { readonly type?: string; readonly kv: RawKeyValue }[]
}

/** etcd's v3 API, as far as this backend uses it, over its JSON gateway. Methods reject as {@link EtcdConnection.call} does. */
export class EtcdApi {
  readonly #connection: EtcdConnection
  readonly #background: boolean

  /** @param purpose what nobody waits for in the background keeps no process alive */
  constructor(connection: EtcdConnection, purpose: 'calls' | 'background') {
    this.#connection = connection
    this.#background = purpose === 'background'
  }

  async get(key: string, revision?: Int64): Promise<KeyValue | undefined> {
    return (await this.#range({ key: encode(key), ...(revision !== undefined && { revision }) })).entries[0]
  }

  list(prefix: string, only?: 'keys'): Promise<Listing> {
    return this.#range({ ...range(prefix), ...(only === 'keys' && { keys_only: true }) })
  }

  /** Does all of it at once, or nothing; gives back, for each operation, what a put replaced. */
  async transact(operations: readonly Operation[]): Promise<readonly (KeyValue | undefined)[]> {
    const { responses } = await this.#call('kv/txn', { success: operations.map(request) })
    return (responses ?? []).map(({ response_put: put }) => (put?.prev_kv === undefined ? undefined : decodeEntry(put.prev_kv)))
  }

  /** The same, if the entry is as it was read; otherwise it does nothing and says `false`. */
  async transactIf({ key, modRevision }: Pick<KeyValue, 'key' | 'modRevision'>, operations: readonly Operation[]): Promise<boolean> {
    const unchanged = { key: encode(key), target: 'MOD', result: 'EQUAL', mod_revision: modRevision }
    return (await this.#call('kv/txn', { compare: [unchanged], success: operations.map(request) })).succeeded === true
  }

  async grant(ttlSeconds: number): Promise<Int64> {
    const { ID } = await this.#call('lease/grant', { TTL: String(ttlSeconds) })
    if (ID === undefined) throw this.#connection.explain(new Error('etcd granted a lease without an ID'))
    return ID
  }

  /** `false`: the lease is gone. */
  async keepAlive(lease: Int64): Promise<boolean> {
    const { result } = (await this.#ask('lease/keepalive', { ID: lease })) as { readonly result?: { readonly TTL?: Int64 } }
    return result?.TTL !== undefined && result.TTL !== '0'
  }

  /** A lease that is gone is revoked. */
  async revoke(lease: Int64): Promise<void> {
    try {
      await this.#call('lease/revoke', { ID: lease })
    } catch (error) {
      if (!isRefusedWith(error, grpcCode.notFound)) throw error
    }
  }

  /**
   * Resolves when etcd has answered. The messages end when etcd ends them; they throw what ends them otherwise.
   *
   * @param start the first revision to tell of
   * @param onBytes called whenever etcd says anything
   */
  async watch(prefix: string, start: Int64, signal: AbortSignal, onBytes: () => void): Promise<AsyncIterable<WatchMessage>> {
    const create = { ...range(prefix), start_revision: start, progress_notify: true }
    const { endpoint, chunks } = await this.#connection.open({ path: 'watch', body: { create_request: create } }, signal)
    return this.#messages(endpoint, chunks, onBytes)
  }

  async *#messages(endpoint: string, chunks: AsyncIterable<Uint8Array>, onBytes: () => void): AsyncIterable<WatchMessage> {
    const lines = new LineSplitter()
    for await (const chunk of chunks) {
      onBytes()
      yield* together(lines.push(chunk).map((line) => this.#message(endpoint, JSON.parse(line))))
    }
  }

  #message(endpoint: string, line: unknown): WatchMessage {
    const { result } = line as { readonly result?: RawWatch }
    const refusal = refusalIn(endpoint, line)
    if (refusal !== undefined || result === undefined)
      throw this.#refused(refusal ?? new EndpointFailure(endpoint, 'sent a watch what no etcd does'))
    if (result.compact_revision !== undefined) return { kind: 'compacted' }
    if (result.canceled === true) throw this.#refused(refusalOfCancel(endpoint, result.cancel_reason ?? 'the watch was cancelled'))
    if (result.created === true) return { kind: 'created' }
    const changes = result.events?.map(decodeChange) ?? []
    return changes.length > 0 ? { kind: 'changes', changes } : { kind: 'progress', revision: result.header?.revision ?? noRevision }
  }

  #refused(failure: EtcdRefusal | EndpointFailure): Error {
    if (failure instanceof EtcdRefusal && failure.wantsToken) this.#connection.dropToken()
    return this.#connection.explain(failure)
  }

  async #range(request: object): Promise<Listing> {
    const { header, kvs = [] } = await this.#call('kv/range', request)
    return { revision: header?.revision ?? noRevision, entries: kvs.map(decodeEntry) }
  }

  async #call(path: string, body: object): Promise<RawAnswer> {
    return (await this.#ask(path, body)) as RawAnswer
  }

  #ask(path: string, body: object): Promise<unknown> {
    return this.#connection.call({ path, body, background: this.#background })
  }
}

const noRevision: Int64 = '0'

/** Whether etcd said no with this code of gRPC. */
export function isRefusedWith(error: unknown, code: number): boolean {
  return error instanceof Error && error.cause instanceof EtcdRefusal && error.cause.grpcCode === code
}

/** The revision after this one. */
export function next(revision: Int64): Int64 {
  return String(BigInt(revision) + 1n)
}

function request(operation: Operation): object {
  if ('delete' in operation) return { request_delete_range: { key: encode(operation.delete) } }
  const { put, value, lease } = operation
  const hold = lease === undefined ? { ignore_lease: true } : { lease }
  return { request_put: { key: encode(put), value: encode(value), prev_kv: true, ...hold } }
}

function range(prefix: string): object {
  return { key: encode(prefix), range_end: encode(rangeEnd(prefix)) }
}

/** Changes that come together are one message: to tell one costs listeners as much as there are instances. */
function* together(messages: readonly WatchMessage[]): Iterable<WatchMessage> {
  let changes: Change[] = []
  for (const message of messages) {
    if (message.kind === 'changes') {
      for (const change of message.changes) changes.push(change)
      continue
    }
    if (changes.length > 0) yield { kind: 'changes', changes }
    changes = []
    yield message
  }
  if (changes.length > 0) yield { kind: 'changes', changes }
}

function decodeChange({ type, kv }: { readonly type?: string; readonly kv: RawKeyValue }): Change {
  return type === 'DELETE' ? { kind: 'delete', key: decode(kv.key), revision: kv.mod_revision } : { kind: 'put', entry: decodeEntry(kv) }
}

function decodeEntry({ key, value = '', mod_revision: modRevision, lease = noLease }: RawKeyValue): KeyValue {
  return { key: decode(key), value: decode(value), modRevision, lease }
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}
