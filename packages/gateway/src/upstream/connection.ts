import type { Socket } from 'node:net'
import { toError } from '@hazeljs/core'
import { notConnected, ConnectionError } from './connection-error.js'
import type { RequestBody } from './request-body.js'
import type { ResponseHead } from './response-head.js'
import { ResponseParser, type ResponseSink } from './response-parser.js'
import type { UpstreamCall, UpstreamRequest } from './upstream-request.js'
import { writeRequest } from './write-request.js'

/** Who keeps a connection between its calls. */
export interface ConnectionOwner {
  /** Of the instance, for `Host`. */
  readonly authority: string
  /** Counts up as time passes; see {@link Connection.silence}. */
  readonly turn: number
  /** It waits for another request. */
  idle(connection: Connection): void
  /** It is closed, or another protocol's. */
  gone(connection: Connection): void
}

/** A connection to an instance, for one call at a time. Whoever made its socket says when it is connected, and passes on what it reads. */
export class Connection implements ResponseSink {
  readonly #owner: ConnectionOwner
  readonly #parser = new ResponseParser(this)
  #socket: Socket | undefined
  #connected = false
  #call: UpstreamCall | undefined
  #request: UpstreamRequest | undefined
  #body: RequestBody | undefined
  #served = 0
  #persistent = true
  #paused = false
  /** What came behind a head after which the call wants to wait. */
  #held: Buffer | undefined
  #switching: ResponseHead | undefined
  #lastTurn: number

  /** For how long the instance waits for another request, as it said itself. */
  keepAliveSeconds: number | undefined

  constructor(owner: ConnectionOwner) {
    this.#owner = owner
    this.#lastTurn = owner.turn
  }

  /** @param socket - on its way to the instance; its errors are this connection's from now on */
  attach(socket: Socket): void {
    this.#socket = socket
    socket.on('error', this.#onError).on('end', this.#onEnd).on('close', this.#onClose)
  }

  get closed(): boolean {
    return this.#socket?.destroyed !== false
  }

  get connected(): boolean {
    return this.#connected
  }

  get busy(): boolean {
    return this.#call !== undefined
  }

  /** For how many turns the instance has owed something and given nothing; without a call, for how many it was not used. */
  get silence(): number {
    const { turn } = this.#owner
    if (this.#paused || (this.#body !== undefined && !this.#body.waitsForInstance)) this.#lastTurn = turn
    return turn - this.#lastTurn
  }

  /** Sends a request, now or as soon as there is a connection, and tells `call` what comes of it. */
  send(request: UpstreamRequest, call: UpstreamCall): void {
    this.#request = request
    this.#call = call
    if (this.#connected) this.#write(request, call)
  }

  onConnected(): void {
    this.#connected = true
    this.#lastTurn = this.#owner.turn
    if (this.#call !== undefined && this.#request !== undefined) this.#write(this.#request, this.#call)
  }

  /** The call wants to go on. */
  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    const held = this.#held
    this.#held = undefined
    if (held === undefined || this.read(held, held.length)) this.#socket?.resume()
  }

  /** Tells another call the rest. */
  passTo(call: UpstreamCall): void {
    this.#call = call
  }

  /** Gives up the call, which is told nothing more, and the connection with it. */
  abort(): void {
    this.#call = undefined
    this.#close()
  }

  /** Ends the call with an error, and the connection with it. */
  fail(error: Error): void {
    const call = this.#call
    this.abort()
    call?.onError(error)
  }

  /** Takes what has come: `buffer` up to `end`, lent for the time of the call. `false`: read no more before the socket is resumed. */
  read(buffer: Buffer, end: number): boolean {
    this.#lastTurn = this.#owner.turn
    if (this.#call === undefined) {
      this.#close() // nobody asked for anything
      return false
    }
    let at: number
    try {
      at = this.#parser.read(buffer, end)
    } catch (cause) {
      this.fail(new ConnectionError('invalid-answer', toError(cause).message, { cause }))
      return false
    }
    if (this.#switching !== undefined) this.#handOver(this.#switching, buffer.subarray(at, end))
    else if (this.#parser.done) this.#release(at === end)
    else if (this.#held !== undefined) this.#held = Buffer.from(buffer.subarray(at, end))
    return !this.#paused
  }

  onHead(head: ResponseHead): boolean {
    const { status, contentLength, chunked } = head
    if (status === 101) {
      if (this.#request?.upgrade === undefined) throw new Error('The instance changed to a protocol that nobody asked for')
      this.#switching = head
      return false
    }
    if (status >= 200) {
      // Whatever follows an answer without the body that it announces could be taken for the next answer.
      const isBodiless = this.#request?.method === 'HEAD' || status === 204 || status === 304
      this.#persistent = head.persistent && !(isBodiless && (contentLength > 0 || chunked))
      this.keepAliveSeconds = head.keepAliveSeconds
    }
    if (this.#call?.onHead(head) !== false) return true
    this.#paused = true
    this.#held = noBytes
    return false
  }

  onBody(chunk: Buffer): void {
    if (this.#call?.onData(chunk) === false) this.#paused = true
  }

  onEnd(trailers: readonly string[] | undefined): void {
    const call = this.#call
    this.#call = undefined
    call?.onEnd(trailers)
  }

  #write(request: UpstreamRequest, call: UpstreamCall): void {
    const socket = this.#socket as Socket
    call.onConnected?.()
    if (this.#call === undefined) return // given up in the meantime
    this.#parser.begin(request.method === 'HEAD')
    try {
      this.#body = writeRequest(socket, request, this.#owner.authority, this.#onSent, this.#onBroken)
    } catch (cause) {
      this.fail(new ConnectionError('invalid-request', toError(cause).message, { cause }))
    }
  }

  readonly #onSent = (): void => {
    this.#body = undefined
    this.#lastTurn = this.#owner.turn
    this.#call?.onRequestSent?.()
  }

  readonly #onBroken = (cause: Error): void => {
    this.#body = undefined
    this.fail(new ConnectionError('invalid-request', cause.message, { cause }))
  }

  /** After a complete answer, which may come before all of its request has gone. `clean`: nothing came behind it. */
  #release(clean: boolean): void {
    if (!clean || !this.#persistent || this.#body !== undefined || this.#socket?.writableLength !== 0 || this.closed) {
      this.#close()
      return
    }
    this.#served++
    this.#request = undefined
    this.#held = undefined
    if (this.#paused) {
      this.#paused = false
      this.#socket.resume()
    }
    this.#owner.idle(this)
  }

  #handOver(head: ResponseHead, behind: Buffer): void {
    const socket = this.#socket as Socket
    const call = this.#call as UpstreamCall
    this.#call = undefined
    socket.off('error', this.#onError).off('end', this.#onEnd).off('close', this.#onClose)
    socket.removeAllListeners('data').pause()
    this.#owner.gone(this)
    try {
      if (behind.length > 0) socket.unshift(Buffer.from(behind))
      if (call.onUpgrade === undefined) throw new Error('Nobody takes the connection')
      call.onUpgrade(head, socket)
    } catch (error) {
      socket.on('error', ignore).destroy()
      call.onError(toError(error))
    }
  }

  #close(): void {
    this.#body?.stop()
    this.#body = undefined
    this.#socket?.destroy()
  }

  readonly #onError = (cause: Error): void => {
    if (!this.#connected) this.fail(notConnected(cause))
    else this.fail(new ConnectionError(this.#resetKind, cause.message, { cause }))
  }

  readonly #onEnd = (): void => {
    try {
      if (this.#call !== undefined) this.#parser.readEnd()
      this.#close()
    } catch (error) {
      this.fail(new ConnectionError(this.#resetKind, toError(error).message))
    }
  }

  readonly #onClose = (): void => {
    this.fail(new ConnectionError(this.#resetKind, 'The connection was closed'))
    this.#owner.gone(this)
  }

  get #resetKind(): 'stale' | 'reset' {
    return this.#served > 0 && !this.#parser.begun ? 'stale' : 'reset'
  }
}

const noBytes = Buffer.alloc(0)
function ignore(): void {
  // an error without a listener would end the process
}
