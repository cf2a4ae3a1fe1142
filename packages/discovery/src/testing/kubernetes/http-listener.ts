import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'

const host = '127.0.0.1'

/** A port of 127.0.0.1 that can go away and return. */
export class HttpListener {
  readonly #tls: ServerOptions | undefined
  readonly #serve: RequestListener
  #port: number
  #server: Server | undefined

  /** @param port 0: any that is free, and from then on the same */
  constructor(port: number, tls: ServerOptions | undefined, serve: RequestListener) {
    this.#port = port
    this.#tls = tls
    this.#serve = serve
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `${this.#tls === undefined ? 'http' : 'https'}://${host}:${this.#port}`
  }

  async open(): Promise<void> {
    if (this.#server !== undefined) return
    const server = this.#tls === undefined ? createServer(this.#serve) : createTlsServer(this.#tls, this.#serve)
    this.#server = server
    server.listen(this.#port, host)
    await once(server, 'listening')
    const address = server.address()
    if (typeof address === 'object' && address !== null) this.#port = address.port
  }

  /** Breaks all connections off. */
  async close(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
}
