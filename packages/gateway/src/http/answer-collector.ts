import { EventEmitter } from 'node:events'
import { GatewayError } from '../errors.js'
import type { ClientResponse } from './client-response.js'

/** As much of an answer as `handleRequest()` keeps in memory. */
export const collectedBytes = 64 * 1024 * 1024

export interface CollectedAnswer {
  readonly status: number
  /** Name, value, name, value, … */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

/** The client's side of an exchange without a socket: keeps the answer until it is complete. */
export class AnswerCollector extends EventEmitter implements ClientResponse {
  readonly answer: Promise<CollectedAnswer>
  headersSent = false
  destroyed = false
  readonly writableNeedDrain = false
  readonly socket = null
  shouldKeepAlive = true
  readonly #chunks: Buffer[] = []
  #size = 0
  #status = 0
  #rawHeaders: readonly string[] = []
  #resolve!: (answer: CollectedAnswer) => void
  #reject!: (error: Error) => void

  constructor() {
    super()
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  writeHead(status: number, rawHeaders: string[]): void {
    this.#status = status
    this.#rawHeaders = rawHeaders
    this.headersSent = true
  }

  flushHeaders(): void {
    // nobody looks at it before the end
  }

  write(chunk: Buffer): boolean {
    this.#size += chunk.length
    if (this.#size > collectedBytes) this.destroy()
    else this.#chunks.push(Buffer.from(chunk))
    return true
  }

  end(body?: string, encoding?: BufferEncoding): void {
    if (body !== undefined) this.write(Buffer.from(body, encoding))
    this.#resolve({ status: this.#status, rawHeaders: this.#rawHeaders, body: Buffer.concat(this.#chunks) })
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    const detail = this.#size > collectedBytes ? `the answer is larger than ${collectedBytes} bytes` : 'the answer broke off'
    this.#reject(new GatewayError('UPSTREAM_RESET', { detail }))
    this.emit('close')
  }
}
