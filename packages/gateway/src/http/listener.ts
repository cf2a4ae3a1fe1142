import { type Clock, HazelError, resolveOptions } from '@hazeljs/core'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type AddressInfo, type DropArgument, Server as NetServer, type Socket } from 'node:net'
import type { WatchedHandler } from '../adapters/node-handler.js'
import type { UpgradeHandler } from '../adapters/upgrade-handler.js'
import type { ResolvedShutdown } from '../config/close-options.js'
import type { GatewayError } from '../errors.js'
import { Connection } from './connection.js'
import { Handshakes } from './handshakes.js'
import { type ListenOptions, readListenOptions, type ResolvedListenOptions } from './listen-options.js'
import { httpServer } from './server.js'
import { StalledClients } from './stalled-clients.js'
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

/** Who is told of what does not become a request on the path. */
export interface ListenerObserver {
  /** An error while it listens, such as a connection that can't be accepted for lack of file descriptors. */
  onError: (error: Error) => void
  /** What a client sent can't be read, and it is told so. */
  onUnreadable: (problem: GatewayError, clientIp: string) => void
  /** There were as many connections already as `maxConnections` allows. */
  onDropped: (clientIp: string) => void
}

/** The gateway's own HTTP server: accepts, and drains. */
export class Listener {
  readonly #server: Server
  readonly #clock: Clock
  readonly #observer: ListenerObserver
  readonly #handler: WatchedHandler
  readonly #stalled: StalledClients
  readonly #options: ResolvedListenOptions
  readonly #connections = new Map<Socket, Connection>()
  readonly #handshakes = new Handshakes()
  #draining = false

  /** @throws ConfigError for bad options, and for certificates and keys that can't be used. */
  constructor(options: ListenOptions, handler: WatchedHandler, upgrade: UpgradeHandler, clock: Clock, observer: ListenerObserver) {
    this.#options = resolveOptions('listen', readListenOptions, options)
    this.#handler = handler
    this.#clock = clock
    this.#observer = observer
    this.#stalled = new StalledClients(this.#connections, clock, this.#options)
    this.#server = httpServer(this.#options, this.#arrived)
    this.#server.on('clientError', (error: ReadingError, socket: Socket) => {
      const connection = this.#connections.get(socket)
      if (connection === undefined)
        socket.destroy() // the handshake failed
      else endUnreadable(error, connection, observer.onUnreadable)
    })
    this.#server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      const connection = this.#connections.get(socket) as Connection
      connection.upgrading = upgrade(request, socket, head, this.#server, true)
    })
    // Asked for a tunnel: Node takes the connection for one, and has no response to write to.
    this.#server.on('connect', (_request: IncomingMessage, socket: Socket) => {
      refuseTunnel(this.#connections.get(socket) as Connection, observer.onUnreadable)
    })
    this.#server.on('drop', (dropped?: DropArgument) => {
      observer.onDropped(dropped?.remoteAddress ?? '')
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

  readonly #arrived = (request: IncomingMessage, response: ServerResponse): void => {
    const connection = this.#connections.get(request.socket) as Connection
    if (connection.isOver) return
    if (this.#draining) endWith(response, connection)
    if (connection.arrived(response)) this.#serve(connection, response)
  }

  #serve(connection: Connection, response: ServerResponse): void {
    const exchange = this.#handler(response.req, response, () => {
      connection.over(response)
      for (let next = connection.nextToServe(); next !== undefined; next = connection.nextToServe()) this.#serve(connection, next)
    })
    if (exchange !== undefined) connection.served(response, exchange)
  }

  readonly #opened = (socket: Socket): void => {
    const known = this.#connections.get(socket)
    if (known !== undefined) {
      known.upgrading = false // it is here again, without the upgrade that it asked for
      return
    }
    this.#connections.set(socket, new Connection(socket, this.#clock))
    socket.once('close', () => this.#connections.delete(socket))
    this.#stalled.watch()
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
        this.#server.off('error', onError).on('error', (error) => {
          this.#observer.onError(error)
        })
        resolve(describe(this.#server.address() as AddressInfo, tls === undefined ? 'http' : 'https'))
      })
    })
  }

  /** Each connection ends with its next answer; everything else goes on. */
  drain(): void {
    if (this.#draining) return
    this.#draining = true
    for (const { lastAnswer } of this.#connections.values()) if (lastAnswer !== undefined) lastAnswer.shouldKeepAlive = false
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
  for (const earlier of answers.keys()) if (!earlier.headersSent) earlier.shouldKeepAlive = true
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
