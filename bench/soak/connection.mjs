// A keep-alive connection of a client, with one request under way at most.
import net from 'node:net'
import { AnswerReader } from '../http-message.mjs'

/** Longer than the gateway may take for anything: what takes longer hangs. */
const STUCK_MS = 20_000

/** The answer did not come whole. `begun`: a part of it came. */
export class CutError extends Error {
  constructor(begun, why) {
    super(why)
    this.begun = begun
  }
}

export class Connection {
  #port
  #socket
  #reader
  #waiting

  #onDesync

  /** @param {number} port @param {(why: string) => void} onDesync is told of bytes that are nobody's, or of somebody else */
  constructor(port, onDesync) {
    this.#port = port
    this.#onDesync = onDesync
  }

  /**
   * @param {(socket: net.Socket) => void} write sends the request
   * @param {() => void} [onBytes] is told as soon as a part of the answer is there
   * @returns the answer; rejects with a CutError
   */
  ask(write, onBytes) {
    return new Promise((resolve, reject) => {
      this.#socket ??= this.#connect()
      this.#waiting = { resolve, reject, onBytes, begun: false }
      write(this.#socket)
    })
  }

  /** Leaves, whatever is under way. */
  leave() {
    const socket = this.#socket
    if (socket === undefined) return
    this.#cut(socket, 'the client left')
    socket.destroy()
  }

  #connect() {
    const socket = net.connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
    this.#reader = new AnswerReader(true)
    socket.setTimeout(STUCK_MS, () => socket.destroy(new Error(`nothing came for ${STUCK_MS} ms`)))
    socket.on('error', (error) => this.#cut(socket, error.message))
    socket.on('close', () => this.#cut(socket, 'it closed'))
    socket.on('data', (chunk) => this.#read(socket, chunk))
    return socket
  }

  #read(socket, chunk) {
    if (this.#socket !== socket) return
    const waiting = this.#waiting
    if (waiting === undefined) return this.#desync(socket, `bytes that nobody asked for: ${chunk.toString('latin1', 0, 80)}`)
    waiting.begun = true
    let answers
    try {
      answers = this.#reader.push(chunk)
    } catch (error) {
      return this.#desync(socket, error.message)
    }
    if (answers.length === 0) return waiting.onBytes?.()
    if (answers.length > 1) return this.#desync(socket, 'two answers to one request')
    this.#waiting = undefined
    waiting.resolve(answers[0])
    if (/\r\nconnection: *close/i.test(answers[0].head)) this.leave()
  }

  /** The worst of all: from here on nobody knows whose bytes are whose. */
  #desync(socket, why) {
    this.#onDesync(why)
    this.#cut(socket, why)
    socket.destroy()
  }

  #cut(socket, why) {
    if (this.#socket !== socket) return
    this.#socket = undefined
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.reject(new CutError(waiting.begun, why))
  }
}
