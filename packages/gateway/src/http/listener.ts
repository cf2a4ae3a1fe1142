import { type Clock, HazelError, resolveOptions } from '@hazeljs/core'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import type { WatchedHandler } from '../adapters/node-handler.js'
import type { UpgradeHandler } from '../adapters/upgrade-handler.js'
import { Handshakes } from './handshakes.js'
import { type ListenOptions, readListenOptions, type ResolvedListenOptions } from './listen-options.js'
import { httpServer } from './server.js'
import { endUnreadable, type ReadingError, refuseTunnel } from './unreadable-request.js'

export interface Listening {
  readonly port: number
  readonly host: string
  readonly url: string
}

/** While draining, the first request of a connection may still be on its way for so long. */
const unusedGraceMs = 1_000

/** What a connection is doing. */
class Connection {
  /** Those that were asked for and have not gone out to their last byte. */
  readonly answers = new Set<ServerResponse>()
  used = false
  /** Has left HTTP, or is about to: it ends with its tunnel, or with the one answer in place of it. */
  upgrading = false
}

/** The gateway's own HTTP server: accepts, and drains. */
export class Listener {
  readonly #server: Server
  readonly #clock: Clock
  readonly #onError: (error: Error) => void
  readonly #options: ResolvedListenOptions
  readonly #connections = new Map<Socket, Connection>()
  readonly #handshakes = new Handshakes()
  #draining = false

  /**
   * `onError` is told of errors while it listens, such as a connection that can't be accepted for lack of file descriptors.
   *
   * @throws ConfigError for a port that is none, and for certificates and keys that can't be used.
   */
  constructor(options: ListenOptions, handler: WatchedHandler, upgrade: UpgradeHandler, clock: Clock, onError: (error: Error) => void) {
    this.#options = resolveOptions('listen', readListenOptions, options)
    this.#clock = clock
    this.#onError = onError
    this.#server = httpServer(this.#options, (request, response) => {
      const connection = this.#connections.get(request.socket) as Connection
      connection.used = true
      connection.answers.add(response)
      if (this.#draining) response.shouldKeepAlive = false
      handler(request, response, () => {
        this.#closed(request.socket, connection, response)
      })
    })
    this.#server.on('clientError', (error: ReadingError, socket: Socket) => {
      endUnreadable(error, socket, this.#lastAnswer(socket))
    })
    this.#server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      const connection = this.#connections.get(socket) as Connection
      connection.used = true
      connection.upgrading = upgrade(request, socket, head, this.#server)
    })
    // Asked for a tunnel: Node takes the connection for one, and has no response to write to.
    this.#server.on('connect', (_request: IncomingMessage, socket: Socket) => {
      refuseTunnel(socket, this.#lastAnswer(socket))
    })
    if (this.#options.tls === undefined) {
      this.#server.on('connection', this.#opened)
      return
    }
    this.#server.on('connection', (socket) => {
      this.#handshakes.begin(socket)
    })
    this.#server.on('secureConnection', (socket: Socket) => {
      this.#handshakes.finish(socket)
      this.#opened(socket)
    })
  }

  readonly #opened = (socket: Socket): void => {
    if (this.#connections.has(socket)) return // it is here again, without the upgrade that it asked for
    this.#connections.set(socket, new Connection())
    socket.once('close', () => this.#connections.delete(socket))
  }

  #lastAnswer(socket: Socket): ServerResponse | undefined {
    return [...(this.#connections.get(socket)?.answers ?? [])].at(-1)
  }

  /** @throws HazelError `LISTEN_FAILED`, naming the address and what is in the way. */
  listen(): Promise<Listening> {
    const { port, host, tls } = this.#options
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException) => {
        reject(listenError(error, port, host))
      }
      this.#server.once('error', onError)
      this.#server.listen({ port, host }, () => {
        this.#server.off('error', onError).on('error', this.#onError)
        resolve(describe(this.#server.address() as AddressInfo, tls === undefined ? 'http' : 'https'))
      })
    })
  }

  /** Stops accepting, lets requests under way finish until `drainTimeoutMs`, then cuts what is left. */
  async close(drainTimeoutMs: number): Promise<void> {
    this.#draining = true
    const closed = new Promise<void>((resolve) => {
      // Not the HTTP server's own `close`: that destroys connections on which the end of an answer still waits to be sent.
      NetServer.prototype.close.call(this.#server, () => {
        resolve()
      })
    })
    for (const [socket, { answers, used, upgrading }] of this.#connections) {
      for (const answer of answers) answer.shouldKeepAlive = false
      if (answers.size === 0 && used && !upgrading) socket.destroySoon()
    }
    const unused = this.#clock.setTimer(() => {
      for (const [socket, { answers, upgrading }] of this.#connections) if (answers.size === 0 && !upgrading) socket.destroySoon()
      this.#handshakes.cut()
    }, unusedGraceMs)
    const timer = this.#clock.setTimer(() => {
      this.cut()
    }, drainTimeoutMs)
    await closed
    this.#clock.clearTimer(unused)
    this.#clock.clearTimer(timer)
    this.#server.close() // ends what it has running in the background
  }

  /** Ends every connection now. */
  cut(): void {
    this.#server.close()
    this.#server.closeAllConnections()
    for (const [socket, { upgrading }] of this.#connections) if (upgrading) socket.destroy() // Node's server has let go of these
    this.#handshakes.cut()
  }

  #closed(socket: Socket, { answers }: Connection, response: ServerResponse): void {
    answers.delete(response)
    if (this.#draining && answers.size === 0) socket.destroySoon()
  }
}

function describe({ address, port, family }: AddressInfo, protocol: 'http' | 'https'): Listening {
  const anywhere = address === '::' || address === '0.0.0.0'
  const shown = anywhere ? 'localhost' : family === 'IPv6' ? `[${address}]` : address
  return { port, host: address, url: `${protocol}://${shown}:${port}` }
}

function listenError(cause: NodeJS.ErrnoException, port: number, host: string | undefined): HazelError {
  const where = host === undefined ? `port ${port}` : `${host}:${port}`
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: `${where} is already in use: stop what listens there, or choose another port`,
    EACCES: `${where} may not be used by this user: choose a port above 1023, or grant the right to bind it`,
    EADDRNOTAVAIL: `${String(host)} is not an address of this machine`,
    ENOTFOUND: `${String(host)} is not a known host name`,
  }
  return new HazelError('LISTEN_FAILED', `The gateway can't listen: ${why[cause.code ?? ''] ?? cause.message}`, { cause })
}
