import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { RequestHead } from './request-head.js'

/**
 * Sends the body of one request as it comes, as fast as the instance takes it, and never more or less than its head says.
 *
 * The head waits for the body's first chunk and goes out in the same write, but no longer than a turn of the event loop.
 */
export class RequestBody {
  readonly #socket: Socket
  readonly #body: Readable
  readonly #bodyBytes: number | 'chunked'
  readonly #onSent: () => void
  readonly #onBroken: (error: Error) => void
  #head: string | undefined
  #sent = 0
  #hasMoved = true
  #over = false

  /** `onBroken`: the body broke off or has another length. The connection is then of no more use. */
  constructor(socket: Socket, head: RequestHead, body: Readable, onSent: () => void, onBroken: (error: Error) => void) {
    this.#socket = socket
    this.#body = body
    this.#head = head.text
    this.#bodyBytes = head.bodyBytes
    this.#onSent = onSent
    this.#onBroken = onBroken
    body.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose)
    if (body.isPaused()) body.resume()
    setImmediate(this.#flushHead)
    if (body.destroyed) setImmediate(this.#onClose) // its events are over
  }

  /** Whether the instance, and not the client, has to go on, and has not since this was last asked. */
  get waitsForInstance(): boolean {
    const hasMoved = this.#hasMoved
    this.#hasMoved = false
    return !hasMoved && this.#socket.writableNeedDrain
  }

  /** Sends no more; what is left of the body is left where it is. Its errors are still heard: without a listener one would end the process. */
  stop(): void {
    if (this.#over) return
    this.#over = true
    this.#body.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose)
    this.#socket.off('drain', this.#onDrain)
    this.#body.pause()
  }

  readonly #flushHead = (): void => {
    if (this.#head === undefined || this.#over) return
    this.#socket.write(this.#head, 'latin1')
    this.#head = undefined
  }

  readonly #onData = (chunk: Buffer): void => {
    if (chunk.length === 0) return
    this.#hasMoved = true
    const socket = this.#socket
    const chunked = this.#bodyBytes === 'chunked'
    this.#sent += chunk.length
    if (!chunked && this.#sent > this.#bodyBytes) {
      this.#break(new Error('The body is longer than its Content-Length'))
      return
    }
    const prefix = chunked ? `${chunk.length.toString(16)}\r\n` : ''
    socket.cork()
    if (this.#head !== undefined || chunked) socket.write((this.#head ?? '') + prefix, 'latin1')
    this.#head = undefined
    const more = socket.write(chunk)
    if (chunked) socket.write('\r\n', 'latin1')
    socket.uncork()
    if (more || socket.destroyed) return
    this.#body.pause()
    socket.once('drain', this.#onDrain)
  }

  readonly #onDrain = (): void => {
    this.#hasMoved = true
    this.#body.resume()
  }

  readonly #onEnd = (): void => {
    const length = this.#bodyBytes
    if (length !== 'chunked' && this.#sent < length) {
      this.#break(new Error('The body is shorter than its Content-Length'))
      return
    }
    this.#flushHead()
    if (length === 'chunked') this.#socket.write('0\r\n\r\n', 'latin1')
    this.stop()
    this.#onSent()
  }

  readonly #onError = (error: Error): void => {
    if (!this.#over) this.#break(error)
  }

  readonly #onClose = (): void => {
    if (!this.#over) this.#break(new Error('The body broke off'))
  }

  #break(error: Error): void {
    this.stop()
    this.#onBroken(error)
  }
}
