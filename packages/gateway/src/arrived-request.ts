import type { Readable } from 'node:stream'

/** What arrives, from a socket or through `handleRequest()`. */
export interface ArrivedRequest {
  readonly method: string
  readonly rawTarget: string
  /** Name, value, name, value, as received. */
  readonly rawHeaders: readonly string[]
  /** `undefined` when it never was on a wire. */
  readonly httpVersion: string | undefined
  /** `null` when there surely is none. */
  readonly body: Readable | Buffer | null
  /** The address of whoever sent it; empty when there is no connection. */
  readonly peer: string
  readonly proto: 'http' | 'https'
}
