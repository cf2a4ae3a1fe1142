import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { ResponseHeaders } from './service-response.js'

export interface AnswerHead {
  readonly status: number
  readonly headers: ResponseHeaders
}

/** Where the body of an answer goes. `Answer` is what an attempt resolves with. */
export interface AnswerReader<Answer extends AnswerHead> {
  /** The head is here. An answer that is returned is what the attempt resolves with now; else it is what {@link end} returns. */
  begin(head: AnswerHead, controller: Dispatcher.DispatchController, leave: () => void): Answer | undefined
  /** Takes a part of the body; `false`: it is too much. */
  take(chunk: Buffer): boolean
  end(): Answer
  /** The body ends before its end. */
  breakOff(error: Error): void
}

export interface BufferedAnswer extends AnswerHead {
  readonly bytes: Buffer
}

/** Reads a body into memory, up to a limit. */
export class BufferedReader implements AnswerReader<BufferedAnswer> {
  readonly #maxBytes: number
  readonly #chunks: Buffer[] = []
  #size = 0
  #head: AnswerHead = { status: 0, headers: {} }

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  begin(head: AnswerHead): undefined {
    this.#head = head
  }

  take(chunk: Buffer): boolean {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    return this.#size <= this.#maxBytes
  }

  end(): BufferedAnswer {
    const bytes = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks, this.#size)
    return { ...this.#head, bytes }
  }

  breakOff(): void {
    this.#chunks.length = 0
  }
}

export interface StreamedAnswer extends AnswerHead {
  readonly body: Readable
}

/** Hands a body on as it comes, no faster than it is read. */
export class StreamedReader implements AnswerReader<StreamedAnswer> {
  #answer: StreamedAnswer | undefined
  #controller: Dispatcher.DispatchController | undefined

  begin(head: AnswerHead, controller: Dispatcher.DispatchController, leave: () => void): StreamedAnswer {
    const body = new Readable({
      read: () => controller.resume(),
      destroy: (error, callback) => {
        leave()
        callback(error)
      },
    })
    // Who reads the body hears of its failure; a process must not end because nobody reads it at the moment.
    body.on('error', () => undefined)
    this.#controller = controller
    return (this.#answer = { ...head, body })
  }

  take(chunk: Buffer): boolean {
    if (this.#answer?.body.push(chunk) === false) this.#controller?.pause()
    return true
  }

  end(): StreamedAnswer {
    const answer = this.#answer as StreamedAnswer
    answer.body.push(null)
    return answer
  }

  breakOff(error: Error): void {
    this.#answer?.body.destroy(error)
  }
}
