import type { ServerResponse } from 'node:http'
import type { Server, Socket } from 'node:net'
import type { ClientResponse } from './client-response.js'
import { returnConnection } from './return-connection.js'

/** As much of what a client sends before it has an answer is kept; the rest waits in the connection. */
export const earlyBytes = 65_536

/**
 * The client's side of a request for another protocol: an ordinary response as long as nobody calls {@link accept}. It reads the connection
 * all the while, or nobody would see that the client leaves.
 */
export class ClientUpgrade implements ClientResponse {
  /** What the client offers, in its order and lower case, as a list without `h2c`. */
  readonly protocols: readonly string[]
  readonly socket: Socket
  /** Resolves with the 101; never where there is none. */
  readonly accepted: Promise<'success'>
  #isAccepted = false
  #tellAccepted: (outcome: 'success') => void = doNothing
  readonly #response: ServerResponse
  readonly #server: Server | undefined
  readonly #early: Buffer[] = []
  #size = 0

  /**
   * `response` belongs to `socket`; `head` are the bytes that came with the request. `server` gets the connection back behind an answer that
   * is no 101; without it, such an answer is the connection's last.
   */
  constructor(protocols: readonly string[], response: ServerResponse, socket: Socket, head: Buffer, server: Server | undefined) {
    this.protocols = protocols
    this.socket = socket
    this.#response = response
    this.#server = server
    this.accepted = new Promise((resolve) => (this.#tellAccepted = resolve))
    response.shouldKeepAlive = server !== undefined
    response.once('finish', this.#onFinish)
    this.#keep(head)
    socket.on('error', doNothing).on('drain', this.#onDrain).on('data', this.#keep).on('end', this.#onEnd)
  }

  /** Whether the client was given a 101. */
  get isAccepted(): boolean {
    return this.#isAccepted
  }

  /** Answers 101 and gives the connection, from which what the client sent ahead is read first. */
  accept(headers: string[]): Socket {
    const { socket } = this
    this.#response.writeHead(101, headers)
    this.#response.flushHeaders()
    this.#letGo()
    this.#isAccepted = true
    this.#tellAccepted('success')
    socket.pause()
    if (this.#size > 0) socket.unshift(Buffer.concat(this.#early))
    return socket
  }

  get headersSent(): boolean {
    return this.#response.headersSent
  }

  get destroyed(): boolean {
    return this.socket.destroyed
  }

  get writableNeedDrain(): boolean {
    return this.socket.writableNeedDrain
  }

  get shouldKeepAlive(): boolean {
    return this.#response.shouldKeepAlive
  }

  set shouldKeepAlive(keep: boolean) {
    this.#response.shouldKeepAlive &&= keep
  }

  writeEarlyHints(hints: { link: string[] }): void {
    this.#response.writeEarlyHints(hints)
  }

  writeHead(status: number, headers: string[]): void {
    this.#response.shouldKeepAlive &&= this.#canReturn
    this.#response.writeHead(status, headers)
  }

  flushHeaders(): void {
    this.#response.flushHeaders()
  }

  write(chunk: Buffer): boolean {
    return this.#response.write(chunk)
  }

  end(body?: string, encoding: BufferEncoding = 'utf8'): void {
    this.#response.end(body, encoding)
  }

  once(event: 'drain', listener: () => void): void {
    this.#response.once(event, listener)
  }

  destroy(): void {
    this.socket.destroy()
  }

  readonly #keep = (chunk: Buffer): void => {
    this.#early.push(chunk)
    this.#size += chunk.length
    if (this.#size > earlyBytes) this.socket.pause()
  }

  readonly #onFinish = (): void => {
    const { socket } = this
    if (this.#server === undefined || !this.#response.shouldKeepAlive || !this.#canReturn) {
      socket.destroySoon()
      return
    }
    this.#letGo()
    socket.off('error', doNothing)
    returnConnection(socket, this.#server)
  }

  /** What a client has sent already may be of the protocol that was refused, and must not be read as a request. */
  get #canReturn(): boolean {
    return this.#size === 0 && this.#server?.listening === true
  }

  /** Node's server tells a response of it, but has no part in this connection any more. */
  readonly #onDrain = (): void => {
    this.#response.emit('drain')
  }

  /** As for any request: who ends the connection before the answer has left. */
  readonly #onEnd = (): void => {
    if (!this.#response.writableEnded) this.socket.destroy()
  }

  #letGo(): void {
    this.#response.detachSocket(this.socket)
    this.socket.off('drain', this.#onDrain).off('data', this.#keep).off('end', this.#onEnd)
  }
}

function doNothing(): void {
  // of an error 'close' tells as well; one without a listener would end the process
}
