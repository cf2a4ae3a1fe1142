import { type Clock, HazelError, type OptionsReader, resolveOptions, show } from '@hazeljs/core'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import type { WatchedHandler } from '../adapters/node-handler.js'

export interface ListenOptions {
  /** 0: any free port. Default 3000. */
  readonly port?: number
  /** Default: every address of the machine. */
  readonly host?: string
}

export interface Listening {
  readonly port: number
  readonly host: string
  readonly url: string
}

export const defaultPort = 3_000
/** Longer than the idle time of common load balancers (60 s), so that it is never we who close a connection they are about to use. */
export const keepAliveTimeoutMs = 65_000
/** While draining, the first request of a connection may still be on its way for so long. */
const unusedGraceMs = 1_000

function readOptions(options: OptionsReader<ListenOptions>): { port: number; host: string | undefined } {
  const port = options.number('port', defaultPort, { min: 0, max: 65_535, integer: true })
  const host = options.value('host')
  if (host !== undefined && typeof host !== 'string') options.add('host', `expected an address or a host name, got ${show(host)}`)
  return { port, host }
}

/** What a connection is doing. */
class Connection {
  /** Those that were asked for and have not gone out to their last byte. */
  readonly answers = new Set<ServerResponse>()
  used = false
}

/** The gateway's own HTTP server: accepts, and drains. */
export class Listener {
  readonly #server: Server
  readonly #clock: Clock
  readonly #onError: (error: Error) => void
  readonly #connections = new Map<Socket, Connection>()
  #draining = false

  /** `onError` is told of errors while it listens, such as a connection that can't be accepted for lack of file descriptors. */
  constructor(handler: WatchedHandler, clock: Clock, onError: (error: Error) => void) {
    this.#clock = clock
    this.#onError = onError
    this.#server = createServer({ keepAliveTimeout: keepAliveTimeoutMs, requestTimeout: 0, noDelay: true }, (request, response) => {
      const connection = this.#connections.get(request.socket) as Connection
      connection.used = true
      connection.answers.add(response)
      if (this.#draining) response.shouldKeepAlive = false
      handler(request, response, () => {
        this.#closed(request.socket, connection, response)
      })
    })
    this.#server.on('connection', (socket) => {
      this.#connections.set(socket, new Connection())
      socket.once('close', () => this.#connections.delete(socket))
    })
  }

  /** @throws ConfigError for a port that is none; HazelError `LISTEN_FAILED`, naming the address and what is in the way. */
  listen(options: ListenOptions): Promise<Listening> {
    const { port, host } = resolveOptions('listen', readOptions, options)
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException) => {
        reject(listenError(error, port, host))
      }
      this.#server.once('error', onError)
      this.#server.listen({ port, host }, () => {
        this.#server.off('error', onError).on('error', this.#onError)
        resolve(describe(this.#server.address() as AddressInfo))
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
    for (const [socket, { answers, used }] of this.#connections) {
      for (const answer of answers) answer.shouldKeepAlive = false
      if (answers.size === 0 && used) socket.destroySoon()
    }
    const unused = this.#clock.setTimer(() => {
      for (const [socket, { answers }] of this.#connections) if (answers.size === 0) socket.destroySoon()
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
  }

  #closed(socket: Socket, { answers }: Connection, response: ServerResponse): void {
    answers.delete(response)
    if (this.#draining && answers.size === 0) socket.destroySoon()
  }
}

function describe({ address, port, family }: AddressInfo): Listening {
  const anywhere = address === '::' || address === '0.0.0.0'
  const shown = anywhere ? 'localhost' : family === 'IPv6' ? `[${address}]` : address
  return { port, host: address, url: `http://${shown}:${port}` }
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
