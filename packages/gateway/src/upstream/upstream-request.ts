import type { ResponseHead } from './response-head.js'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'

/** A request as an instance gets it. */
export interface UpstreamRequest {
  readonly method: string
  /** Path and query in one canonical form, beginning with `/` (or `*`). */
  readonly target: string
  /** Name, value, …, without those that frame the message or belong to one connection. `Host` where it isn't the instance's own. */
  readonly headers: readonly string[]
  readonly body: Readable | Buffer | null
  /** The protocol to change to (RFC 9110, 7.8). */
  readonly upgrade: string | undefined
}

/** What is told of a request and its answer; after `onEnd`, `onUpgrade` or `onError` nothing more. */
export interface UpstreamCall {
  /** The request is about to be written on a connection: from now on it may have reached the instance. */
  onConnected?(): void
  /** It has been written to its last byte. */
  onRequestSent?(): void
  /** `false`: nothing more before the connection's `resume`, or before its end. */
  onHead(head: ResponseHead): boolean
  /** The chunk is only lent: who keeps it beyond the call copies it. `false`: no more before `resume`, as far as that can be. */
  onData(chunk: Buffer): boolean
  onEnd(trailers: readonly string[] | undefined): void
  /** The instance has changed the protocol, as it was asked to: the connection is the callee's, who may throw if it is not what was asked for. */
  onUpgrade?(head: ResponseHead, socket: Socket): void
  /** As a rule a {@link ConnectionError}; what `onUpgrade` threw comes as it is. */
  onError(error: Error): void
}
