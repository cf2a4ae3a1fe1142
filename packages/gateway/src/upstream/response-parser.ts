import { latin1 } from '../http/latin1.js'
import { readHead, readTrailer, type ResponseHead } from './response-head.js'

/** Heads and trailers of answers may be as long as those of requests: Node's own limit. */
export const maxAnswerHeadBytes = 16_384
/** Answers of the kind 1xx in front of one: it is the rest that matters, and it has to come. */
const maxInterimHeads = 16
/** A line with the size of a chunk, its extensions included (which nobody reads). */
const maxSizeLineBytes = 1_024
/** Answers up to this size are made a string whole; in longer ones the end of the head is looked for first. */
const smallBytes = 2_048
const chunkSizeLine = /^([0-9A-Fa-f]{1,13})(?:[\t ]*;[\t\x20-\x7e\x80-\xff]*)?\r$/
const headEnd = '\r\n\r\n'
const lineFeed = 10
const carriageReturn = 13

/** What is told of an answer. Chunks are only lent: whoever keeps one beyond the call copies it. */
export interface ResponseSink {
  /** A head, interim ones (1xx) included. `false`: nothing more before `read` is called again. */
  onHead(head: ResponseHead): boolean
  onBody(chunk: Buffer): void
  /** `trailers`: name, value, … */
  onEnd(trailers: readonly string[] | undefined): void
}

/**
 * Reads one answer of HTTP/1.1 as its bytes come, in whatever pieces (RFC 9112, 4 to 7). Strict: what two readers could take differently
 * is an error.
 */
export class ResponseParser {
  readonly #sink: ResponseSink
  #state: 'head' | 'length' | 'close' | 'size' | 'chunk' | 'chunk-end' | 'trailers' | 'done' = 'done'
  #isAnswerToHead = false
  /** The beginning of a head or a line whose end has not come. */
  #pending = ''
  /** Bytes of the body, or of the chunk, that are still to come. */
  #left = 0
  #trailers: string[] | undefined
  #trailerBytes = 0
  #interimHeads = 0
  #begun = false

  constructor(sink: ResponseSink) {
    this.#sink = sink
  }

  /** Whether a byte of the answer has come. */
  get begun(): boolean {
    return this.#begun
  }

  /** Whether the answer is complete. */
  get done(): boolean {
    return this.#state === 'done'
  }

  /** The next answer follows. The one to HEAD has no body, whatever it says of one. */
  begin(isAnswerToHead: boolean): void {
    this.#state = 'head'
    this.#isAnswerToHead = isAnswerToHead
    this.#begun = false
    this.#trailers = undefined
    this.#trailerBytes = 0
    this.#interimHeads = 0
  }

  /**
   * Reads `buffer` up to `end`, and gives how far it came: less than `end` where the answer is complete before, where another protocol
   * begins (101), or where the sink wants to wait.
   *
   * @throws {Error} for what is not an answer of HTTP/1.1.
   */
  read(buffer: Buffer, end: number, start = 0): number {
    let at = start
    this.#begun ||= at < end
    for (;;) {
      switch (this.#state) {
        case 'head': {
          if (at === end) return at
          const text = this.#headFrom(buffer, at, end)
          if (text === undefined) return end
          at += text.length + 2 - this.#pending.length
          this.#pending = ''
          if (!this.#onHead(readHead(text))) return at
          break
        }
        case 'length':
        case 'chunk': {
          const stop = Math.min(end, at + this.#left)
          this.#left -= stop - at
          if (stop > at) this.#sink.onBody(buffer.subarray(at, stop))
          at = stop
          if (this.#left > 0) return at
          if (this.#state === 'chunk') this.#state = 'chunk-end'
          else this.#finish()
          break
        }
        case 'close':
          if (at < end) this.#sink.onBody(buffer.subarray(at, end))
          return end
        case 'done':
          return at
        default: {
          if (at === end) return at
          const next = buffer.indexOf(lineFeed, at) + 1
          const stop = next === 0 || next > end ? end : next
          this.#onPartOfLine(latin1(buffer, at, stop), stop === next)
          at = stop
        }
      }
    }
  }

  /** The connection has ended, which for some answers is their end. @throws {Error} for one that is not complete. */
  readEnd(): void {
    if (this.#state === 'close') this.#finish()
    else if (this.#state !== 'done') throw new Error('The connection ended before the answer did')
  }

  /** Up to the line end before the empty line; `undefined` as long as that has not come. What came before is part of it. */
  #headFrom(buffer: Buffer, at: number, end: number): string | undefined {
    let stop = end
    if (end - at > smallBytes) {
      const found = buffer.indexOf(headEnd, at, 'latin1')
      stop = Math.min(end, found === -1 ? at + maxAnswerHeadBytes : found + headEnd.length)
    }
    const before = this.#pending
    const text = before + latin1(buffer, at, stop)
    const length = text.indexOf(headEnd, Math.max(0, before.length - headEnd.length))
    if (length !== -1 && length <= maxAnswerHeadBytes) return text.slice(0, length + 2)
    if (text.length >= maxAnswerHeadBytes) throw new Error(`The head of the answer is longer than ${maxAnswerHeadBytes} bytes`)
    if (!beginsWell(text)) throw new Error('The answer does not begin as one of HTTP/1.1')
    this.#pending = text
    return undefined
  }

  /** Whether to go on. */
  #onHead(head: ResponseHead): boolean {
    const { status, chunked, contentLength } = head
    if (status < 200) {
      if (status === 101) this.#state = 'done'
      else if (++this.#interimHeads > maxInterimHeads) throw new Error('The answer does not come, only interim ones do')
      return this.#sink.onHead(head)
    }
    if (this.#isAnswerToHead || status === 204 || status === 304) this.#expectBytes(0)
    else if (chunked) this.#state = 'size'
    else if (contentLength >= 0) this.#expectBytes(contentLength)
    else this.#state = 'close'
    return this.#sink.onHead(head)
  }

  #expectBytes(count: number): void {
    this.#state = 'length'
    this.#left = count
  }

  #onPartOfLine(part: string, isLast: boolean): void {
    const line = this.#pending + part
    if (line.length > (this.#state === 'trailers' ? maxAnswerHeadBytes : maxSizeLineBytes))
      throw new Error('A line of the body is too long')
    this.#pending = isLast ? '' : line
    if (isLast) this.#onLine(line.slice(0, -1))
  }

  /** `line` ends with its carriage return. */
  #onLine(line: string): void {
    switch (this.#state) {
      case 'size': {
        const size = chunkSizeLine.exec(line)?.[1]
        if (size === undefined) throw new Error('The size of a chunk is malformed')
        this.#left = Number.parseInt(size, 16)
        this.#state = this.#left === 0 ? 'trailers' : 'chunk'
        break
      }
      case 'chunk-end':
        if (line !== '\r') throw new Error('A chunk is longer than it says')
        this.#state = 'size'
        break
      default:
        if (line === '\r') {
          this.#finish()
          return
        }
        this.#trailerBytes += line.length
        if (this.#trailerBytes > maxAnswerHeadBytes) throw new Error(`The trailers are longer than ${maxAnswerHeadBytes} bytes`)
        this.#trailers ??= []
        this.#trailers.push(...readTrailer(line))
    }
  }

  #finish(): void {
    this.#state = 'done'
    this.#sink.onEnd(this.#trailers)
  }
}

/** Garbage is refused at once: nobody waits for the end of a head that will never come. */
function beginsWell(text: string): boolean {
  const start = 'HTTP/1.'
  if (!text.startsWith(start.slice(0, text.length))) return false
  const bare = text.indexOf('\n')
  return bare === -1 || text.charCodeAt(bare - 1) === carriageReturn
}
