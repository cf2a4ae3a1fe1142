import type { Socket } from 'node:net'
import { GatewayError } from '../errors.js'
import type { ClientResponse } from '../http/client-response.js'
import { headerValue } from '../http/header-lookup.js'
import { changedAnswerFields } from './changed-fields.js'

/** What becomes of an answer: it goes on as it is, its head goes on as that of a changed one, or it is held to be changed. */
export type Treatment = 'pass' | 'head' | 'hold'

export interface HeldAnswerOptions {
  readonly maxBytes: number
  /** Decides at the head. What it throws refuses the answer. */
  readonly treat: (status: number, headers: readonly string[]) => Treatment
  readonly tooLarge: () => GatewayError
  /** Called for an answer that is refused while more of it may come: nobody needs the rest. */
  readonly giveUp: (refusal: GatewayError) => void
}

/**
 * Stands in front of the client while the answer comes. A held one stays in memory, and the client has not seen a byte of it, so any other
 * can still be given.
 */
export class HeldAnswer implements ClientResponse {
  readonly #client: ClientResponse
  readonly #options: HeldAnswerOptions
  readonly #chunks: Buffer[] = []
  #state: 'open' | 'passing' | 'held' = 'open'
  #ended = false
  #broken = false
  #size = 0
  #refusal: GatewayError | undefined
  status = 0
  headers: readonly string[] = []

  constructor(client: ClientResponse, options: HeldAnswerOptions) {
    this.#client = client
    this.#options = options
  }

  /** `false` as long as there is no answer, and for one that goes on as it comes. */
  get isHeld(): boolean {
    return this.#state === 'held'
  }

  /** Why the client can't have what is held. */
  get refusal(): GatewayError | undefined {
    return this.#refusal
  }

  /** The held body; `undefined` where it broke off. */
  get body(): Buffer | undefined {
    return this.#ended ? Buffer.concat(this.#chunks) : undefined
  }

  get headersSent(): boolean {
    return this.isHeld || this.#client.headersSent
  }

  get destroyed(): boolean {
    return this.#broken || this.#client.destroyed
  }

  get writableNeedDrain(): boolean {
    return !this.isHeld && this.#client.writableNeedDrain
  }

  /** `null` for a held answer: the connection is good for another one. */
  get socket(): Socket | null {
    return this.isHeld ? null : this.#client.socket
  }

  get shouldKeepAlive(): boolean {
    return this.#client.shouldKeepAlive
  }

  set shouldKeepAlive(keep: boolean) {
    this.#client.shouldKeepAlive = keep
  }

  writeEarlyHints(hints: { link: string[] }): void {
    this.#client.writeEarlyHints?.(hints)
  }

  writeHead(status: number, headers: string[]): void {
    const treatment = this.#treatmentOf(status, headers)
    if (treatment === 'hold') {
      this.#state = 'held'
      this.status = status
      this.headers = headers
      if (Number(headerValue(headers, 'content-length') ?? 0) > this.#options.maxBytes) this.#refusal ??= this.#options.tooLarge()
      if (this.#refusal !== undefined) queueMicrotask(this.#giveUp) // not at once: the attempt is in the middle of its head
      return
    }
    this.#state = 'passing'
    this.#client.writeHead(status, treatment === 'head' ? changedAnswerFields(headers) : headers)
  }

  flushHeaders(): void {
    if (!this.isHeld) this.#client.flushHeaders()
  }

  write(chunk: Buffer): boolean {
    if (!this.isHeld) return this.#client.write(chunk)
    this.#keep(chunk)
    this.#giveUp()
    return true
  }

  addTrailers(trailers: [string, string][]): void {
    if (!this.isHeld) this.#client.addTrailers?.(trailers)
  }

  end(body?: string, encoding: BufferEncoding = 'utf8'): void {
    if (this.isHeld) {
      if (body !== undefined) this.#keep(Buffer.from(body, encoding))
      this.#ended = true
    } else if (body === undefined) {
      this.#client.end()
    } else {
      this.#client.end(body, encoding)
    }
  }

  once(event: 'drain', listener: () => void): void {
    this.#client.once(event, listener)
  }

  destroy(): void {
    this.#broken = true
    if (!this.isHeld) this.#client.destroy()
  }

  readonly #giveUp = (): void => {
    if (this.#refusal !== undefined) this.#options.giveUp(this.#refusal)
  }

  /** An attempt that hears of an error would take it for one of the service: it is kept for who put this answer in its place. */
  #treatmentOf(status: number, headers: readonly string[]): Treatment {
    try {
      return this.#options.treat(status, headers)
    } catch (thrown) {
      this.#refusal = thrown instanceof GatewayError ? thrown : new GatewayError('INTERNAL', { cause: thrown })
      return 'hold'
    }
  }

  #keep(chunk: Buffer): void {
    if (this.#refusal !== undefined) return
    this.#size += chunk.length
    if (this.#size > this.#options.maxBytes) this.#refusal = this.#options.tooLarge()
    else this.#chunks.push(Buffer.from(chunk)) // a copy: a small chunk may be part of a large piece of memory, or of one that is used again
  }
}
