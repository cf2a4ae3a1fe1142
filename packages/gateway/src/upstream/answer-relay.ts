import type { Exchange } from '../exchange.js'
import { keepHeadInOrder } from '../http/client-response.js'
import { type CompiledEdits, type ResponseHeaderRules, responseHeaders } from '../http/headers.js'
import { latin1 } from '../http/latin1.js'
import { endStreamed } from '../http/trailers.js'
import type { ResponseHead } from './response-head.js'

/** A body up to this size that arrives whole goes out in one write with its head. */
const wholeBodyBytes = 4_096

/**
 * Passes one answer on to the client. Its head waits for the rest of the turn of the event loop in which it came: with it goes the body of
 * a small answer; and an answer that breaks off before is none, so that another may take its place.
 *
 * What the client's side throws comes out of every method.
 */
export class AnswerRelay {
  readonly isEventStream: boolean
  readonly #exchange: Exchange
  readonly #status: number
  readonly #headers: string[]
  readonly #length: number
  readonly #edits: CompiledEdits | undefined
  #whole: string | undefined
  #sent = false

  constructor(exchange: Exchange, head: ResponseHead, rules: ResponseHeaderRules) {
    const { headers, contentLength, isEventStream } = responseHeaders(head, exchange.answerHeaders, rules)
    this.#exchange = exchange
    this.#status = head.status
    this.#headers = headers
    this.#length = contentLength
    this.isEventStream = isEventStream
    this.#edits = rules.edits
  }

  get status(): number {
    return this.#status
  }

  /** Whether anything of it has gone to the client: then no other answer can be given. */
  get sent(): boolean {
    return this.#sent
  }

  /** `false`: wait for the response to drain. */
  write(chunk: Buffer): boolean {
    if (chunk.length === this.#length && chunk.length < wholeBodyBytes) {
      this.#whole = latin1(chunk) // the end follows in the same read
      return true
    }
    const { response } = this.#exchange
    if (!this.#sent) {
      this.#writeHead()
      keepHeadInOrder(response)
    }
    return response.write(Buffer.from(chunk))
  }

  end(trailers: readonly string[] | undefined): void {
    if (!this.#sent) this.#writeHead()
    const { response } = this.#exchange
    if (this.#whole === undefined) endStreamed(this.#exchange, trailers, this.#edits)
    else if (response.endWhole === undefined) response.end(this.#whole, 'latin1')
    else response.endWhole(this.#whole)
  }

  /** Sends the head, unless it went with a part of the body. */
  flushHead(): void {
    if (this.#sent) return
    this.#writeHead()
    this.#exchange.response.flushHeaders()
  }

  #writeHead(): void {
    const exchange = this.#exchange
    exchange.status = this.#status
    if (exchange.bodyIsArriving) exchange.response.shouldKeepAlive = false
    if (this.isEventStream) exchange.liftTimeLimit?.()
    exchange.response.writeHead(this.#status, this.#headers)
    this.#sent = true
  }
}
