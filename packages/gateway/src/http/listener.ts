import { type Clock, HazelError, resolveOptions } from '@hazeljs/core'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import type { WatchedHandler } from '../adapters/node-handler.js'
import type { UpgradeHandler } from '../adapters/upgrade-handler.js'
import type { ResolvedShutdown } from '../config/close-options.js'
import { Handshakes } from './handshakes.js'
import { type ListenOptions, readListenOptions, type ResolvedListenOptions } from './listen-options.js'
import { httpServer } from './server.js'
import { endUnreadable, type ReadingError, refuseTunnel } from './unreadable-request.js'

export interface Listening {
  readonly port: number
  readonly host: string
  readonly url: string
}

/**
 * While draining, how long a connection has to be idle before it ends. Its client may be about to send a request, and could not tell
 * whether one that met the end was served (RFC 9112 section 9.3.1); one that comes within this time gets an answer that ends the connection.
 */
export const idleGraceMs = 1_000

/** What a connection is doing. */
class Connection {
  /** Those that were asked for and have not gone out to their last byte. */
  readonly answers = new Set<ServerResponse>()
  /** Bytes of requests, when it was last seen idle. */
  idleAtBytes = -1
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
      if (this.#draining) endWith(response, connection)
      connection.answers.add(response)
      handler(request, response, () => {
        connection.answers.delete(response)
      })
    })
    this.#server.on('clientError', (error: ReadingError, socket: Socket) => {
      endUnreadable(error, socket, this.#lastAnswer(socket))
    })
    this.#server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      const connection = this.#connections.get(socket) as Connection
      connection.upgrading = upgrade(request, socket, head, this.#server, true)
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
    const known = this.#connections.get(socket)
    if (known !== undefined) {
      known.upgrading = false // it is here again, without the upgrade that it asked for
      return
    }
    this.#connections.set(socket, new Connection())
    socket.once('close', () => this.#connections.delete(socket))
  }

  #lastAnswer(socket: Socket): ServerResponse | undefined {
    return [...(this.#connections.get(socket)?.answers ?? [])].at(-1)
  }

  /** What the options say of signals. */
  get shutdown(): ResolvedShutdown | undefined {
    return this.#options.shutdown
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

  /** Each connection ends with its next answer; everything else goes on. */
  drain(): void {
    if (this.#draining) return
    this.#draining = true
    for (const { answers } of this.#connections.values()) {
      const last = [...answers].at(-1)
      if (last !== undefined) last.shouldKeepAlive = false
    }
  }

  /** Stops accepting, lets requests under way finish until `drainTimeoutMs`, then cuts what is left. */
  async close(drainTimeoutMs: number): Promise<void> {
    this.drain()
    const closed = new Promise<void>((resolve) => {
      // Not the HTTP server's own `close`: that destroys connections on which the end of an answer still waits to be sent.
      NetServer.prototype.close.call(this.#server, () => {
        resolve()
      })
    })
    const endIdle = () => {
      this.#endIdle()
      idleTimer = this.#clock.setTimer(endIdle, idleGraceMs)
    }
    let idleTimer = this.#clock.setTimer(() => {
      this.#handshakes.cut()
      endIdle()
    }, idleGraceMs)
    this.#endIdle()
    const timer = this.#clock.setTimer(() => {
      this.cut()
    }, drainTimeoutMs)
    await closed
    this.#clock.clearTimer(idleTimer)
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

  /** Ends connections on which nothing has come since this was last called, and nothing is to go out. */
  #endIdle(): void {
    for (const [socket, connection] of this.#connections) {
      if (connection.answers.size > 0 || connection.upgrading) continue
      if (socket.bytesRead === connection.idleAtBytes) socket.destroySoon()
      else connection.idleAtBytes = socket.bytesRead
    }
  }
}

/** Has `response` end its connection, and not those that go out before it: Node would drop the ones behind. */
function endWith(response: ServerResponse, { answers }: Connection): void {
  for (const earlier of answers) if (!earlier.headersSent) earlier.shouldKeepAlive = true
  response.shouldKeepAlive = false
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
