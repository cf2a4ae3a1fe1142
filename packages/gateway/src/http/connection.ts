import type { Clock } from '@hazeljs/core'
import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Exchange } from '../exchange.js'
import { closeLingering } from './lingering-close.js'

/** What the client of a connection has to do before anything else can happen on it. */
export type ClientsTurn = 'send' | 'take'

/**
 * Of requests that a client sends without waiting for answers (pipelining), so many are served at once, and only as long as all of them are
 * safe (RFC 9112, 9.3.2); the others wait.
 */
export const maxServedAtOnce = 8
/** If so many wait for their answers, no more is read from the connection. */
export const maxPipelined = 100
/** RFC 9110, 9.2.1. */
const safeMethods: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** What a connection of the listener is doing. */
export class Connection {
  readonly socket: Socket
  readonly #clock: Clock
  /** Those that were asked for and have not gone out to their last byte, in order, with what is known of the requests under way. */
  readonly answers = new Map<ServerResponse, Exchange | undefined>()
  /** How many of them have been begun; the others come behind them. */
  #begun = 0
  /** Bytes of requests, when it was last seen idle. */
  idleAtBytes = -1
  /** Has left HTTP, or is about to: it ends with its tunnel, or with the one answer in place of it. */
  upgrading: Exchange | boolean = false
  /** Since when the client has moved too little, of what, and how many bytes it had moved then; see `StalledClients`. */
  stall: { turn: ClientsTurn; since: number; bytes: number } | undefined
  #unreadable = false
  #lingers = false

  constructor(socket: Socket, clock: Clock) {
    this.socket = socket
    this.#clock = clock
    socket.destroySoon = this.#endSoon // Node's server calls it behind the last answer of a connection
  }

  get lastAnswer(): ServerResponse | undefined {
    return [...this.answers.keys()].at(-1)
  }

  /** `true`: the request may be served now, and counts as begun. */
  arrived(response: ServerResponse): boolean {
    this.answers.set(response, undefined)
    const { size } = this.answers
    if (size === 1) {
      this.#begun = 1
      return true
    }
    if (size > maxPipelined) this.socket.pause()
    return size === this.#begun + 1 && this.#begin()
  }

  served(response: ServerResponse, exchange: Exchange): void {
    this.answers.set(response, exchange)
  }

  over(response: ServerResponse): void {
    if (!this.answers.delete(response)) return
    this.#begun--
    if (this.answers.size > 0 && this.answers.size <= maxPipelined && this.socket.isPaused()) this.socket.resume()
  }

  /** A request that has waited and may be served now; it counts as begun. */
  nextToServe(): ServerResponse | undefined {
    if (this.answers.size === this.#begun || this.#lingers || this.socket.destroyed || this.socket.writableEnded) return undefined
    const next = [...this.answers.keys()][this.#begun] as ServerResponse
    return this.#begin() ? next : undefined
  }

  #begin(): boolean {
    if (this.#begun > 0 && (this.#begun >= maxServedAtOnce || ![...this.answers.keys()].slice(0, this.#begun + 1).every(isSafe)))
      return false
    this.#begun++
    return true
  }

  /** Whether answers of HTTP are still to go out. */
  get isAnswering(): boolean {
    return this.answers.size > 0 || (typeof this.upgrading === 'object' && this.upgrading.upgrade?.isAccepted === false)
  }

  /** Whose turn it is: the client's to take what was written, or to send the body that somebody reads; `undefined`: ours, or nobody's. */
  get clientsTurn(): ClientsTurn | undefined {
    if (this.socket.writableLength > 0) return 'take'
    const { lastAnswer } = this // requests are read one after the other: if one is not whole, it is the last
    return lastAnswer?.req.readableFlowing === true && !lastAnswer.req.complete ? 'send' : undefined
  }

  /** What is known of the request that has to do with the client's turn. */
  exchangeOf(turn: ClientsTurn): Exchange | undefined {
    if (typeof this.upgrading === 'object') return this.upgrading
    const [first] = this.answers.values()
    const { lastAnswer } = this
    return turn === 'take' || lastAnswer === undefined ? first : this.answers.get(lastAnswer)
  }

  get isUnreadable(): boolean {
    return this.#unreadable
  }

  /** Whether nothing that comes from now on is served. */
  get isOver(): boolean {
    return this.#unreadable || this.#lingers
  }

  /** Nothing more that the client sends is taken for a request. It is read all the same, or nobody would see that the client leaves. */
  stopReading(): void {
    this.#unreadable = true
    this.#discard()
  }

  /** Ends the connection behind what was written, whatever the client still sends. */
  endUnread(): void {
    if (this.#lingers) return
    this.#lingers = true
    closeLingering(this.socket, this.#clock)
  }

  readonly #endSoon = (): void => {
    if (this.#lingers) return
    const [answer] = this.answers.keys()
    if (answer === undefined || answer.req.complete) {
      this.#close()
      return
    }
    this.endUnread()
    if (this.#unreadable) return
    // Whoever sent the body on may give it up, now or in a moment; nobody reads it then.
    if (answer.req.destroyed) this.#discard()
    else answer.req.once('end', this.#close).once('close', this.#discard).unpipe().resume()
  }

  readonly #discard = (): void => {
    const { socket } = this
    if (socket.destroyed) return
    socket.pause()
    socket.once('resume', () => socket.removeAllListeners('data').on('data', doNothing)) // Node's server begins to read again with this event
    socket.resume()
  }

  readonly #close = (): void => {
    Socket.prototype.destroySoon.call(this.socket)
  }
}

function isSafe({ req }: ServerResponse): boolean {
  return safeMethods.has(req.method)
}

function doNothing(): void {
  // it is thrown away
}
