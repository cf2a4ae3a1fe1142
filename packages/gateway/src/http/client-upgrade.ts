import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ClientResponse } from './client-response.js'

/** As much of what a client sends before it has an answer is kept; the rest waits in the connection. */
export const earlyBytes = 65_536

/**
 * The client's side of a request for another protocol: an ordinary response, the last of its connection, as long as nobody calls
 * {@link accept}. It reads the connection all the while, or nobody would see that the client leaves.
 */
export class ClientUpgrade implements ClientResponse {
  /** What the client offers, in its order and lower case, as a list without `h2c`. */
  readonly protocols: readonly string[]
  readonly socket: Socket
  readonly #response: ServerResponse
  readonly #early: Buffer[] = []
  #size = 0

  /** `response` belongs to `socket`; `head` are the bytes that came with the request. */
  constructor(protocols: readonly string[], response: ServerResponse, socket: Socket, head: Buffer) {
    this.protocols = protocols
    this.socket = socket
    this.#response = response
    response.shouldKeepAlive = false
    response.once('finish', () => {
      socket.destroySoon()
    })
    this.#keep(head)
    socket.on('drain', this.#onDrain).on('data', this.#keep).on('end', this.#onEnd)
  }

  /** Answers 101 and gives the connection, from which what the client sent ahead is read first. */
  accept(headers: string[]): Socket {
    const { socket } = this
    this.#response.writeHead(101, headers)
    this.#response.flushHeaders()
    this.#response.detachSocket(socket)
    socket.off('drain', this.#onDrain).off('data', this.#keep).off('end', this.#onEnd)
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

  /** Always the connection's last answer. */
  get shouldKeepAlive(): boolean {
    return false
  }

  set shouldKeepAlive(_keep: boolean) {
    // there is no HTTP on this connection any more
  }

  writeEarlyHints(hints: { link: string[] }): void {
    this.#response.writeEarlyHints(hints)
  }

  writeHead(status: number, headers: string[]): void {
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

  /** Node's server tells a response of it, but has no part in this connection any more. */
  readonly #onDrain = (): void => {
    this.#response.emit('drain')
  }

  /** As for any request: who ends the connection before the answer has left. */
  readonly #onEnd = (): void => {
    if (!this.#response.writableEnded) this.socket.destroy()
  }
}
