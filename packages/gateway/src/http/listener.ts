import { type Clock, HazelError, OptionsCheck, show } from '@hazeljs/core'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { NodeHandler } from '../adapters/node-handler.js'

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

function checked(options: ListenOptions): { port: number; host: string | undefined } {
  const check = new OptionsCheck('listen')
  check.known('', options, ['port', 'host'])
  const port = check.number('port', options.port, defaultPort, { min: 0, max: 65_535, integer: true })
  if (options.host !== undefined && typeof options.host !== 'string')
    check.add('host', `expected an address or a host name, got ${show(options.host)}`)
  check.done()
  return { port, host: options.host }
}

/** The gateway's own HTTP server: accepts, and drains. */
export class Listener {
  readonly #server: Server
  readonly #clock: Clock
  #draining = false

  constructor(handler: NodeHandler, clock: Clock) {
    this.#clock = clock
    this.#server = createServer({ keepAliveTimeout: keepAliveTimeoutMs, requestTimeout: 0, noDelay: true }, (request, response) => {
      if (this.#draining) response.shouldKeepAlive = false
      handler(request, response)
    })
  }

  /** @throws ConfigError for a port that is none; HazelError `LISTEN_FAILED`, naming the address and what is in the way. */
  listen(options: ListenOptions): Promise<Listening> {
    const { port, host } = checked(options)
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException) => {
        reject(listenError(error, port, host))
      }
      this.#server.once('error', onError)
      this.#server.listen({ port, host }, () => {
        this.#server.off('error', onError)
        resolve(describe(this.#server.address() as AddressInfo))
      })
    })
  }

  /** Stops accepting, lets requests under way finish until `drainTimeoutMs`, then cuts what is left. */
  async close(drainTimeoutMs: number): Promise<void> {
    this.#draining = true
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve()
      })
    })
    this.#server.closeIdleConnections()
    const timer = this.#clock.setTimer(() => {
      this.cut()
    }, drainTimeoutMs)
    await closed
    this.#clock.clearTimer(timer)
  }

  /** Ends every connection now. */
  cut(): void {
    this.#server.close()
    this.#server.closeAllConnections()
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
