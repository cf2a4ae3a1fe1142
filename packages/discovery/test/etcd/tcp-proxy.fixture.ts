import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A way to a server that a test can cut, stall and close. */
export class TcpProxy {
  readonly port: number
  readonly url: string
  readonly #server: Server
  readonly #pairs: Set<readonly [Socket, Socket]>
  readonly #state: { stalled: boolean }

  private constructor(server: Server, pairs: Set<readonly [Socket, Socket]>, state: { stalled: boolean }) {
    this.port = (server.address() as AddressInfo).port
    this.url = `http://127.0.0.1:${this.port}`
    this.#server = server
    this.#pairs = pairs
    this.#state = state
  }

  static async to(port: number): Promise<TcpProxy> {
    const pairs = new Set<readonly [Socket, Socket]>()
    const state = { stalled: false }
    const server = createServer((near) => {
      const far = connect(port, '127.0.0.1')
      const pair = [near, far] as const
      pairs.add(pair)
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        from.on('data', (bytes) => {
          to.write(bytes)
        })
        from.on('error', () => undefined)
        from.on('close', () => {
          to.destroy()
          pairs.delete(pair)
        })
        if (state.stalled) from.pause()
      }
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TcpProxy(server, pairs, state)
  }

  get connections(): number {
    return this.#pairs.size
  }

  /** Every connection ends, without a farewell in HTTP. New ones are taken. */
  cut(): void {
    for (const [near] of this.#pairs) near.resetAndDestroy()
  }

  /** Connections stay open and are taken, and no byte passes. */
  stall(): void {
    this.#state.stalled = true
    for (const pair of this.#pairs) for (const socket of pair) socket.pause()
  }

  /** New connections are taken, and no byte passes on them, not even when it flows again elsewhere. */
  stallNew(): void {
    this.#state.stalled = true
  }

  /** No byte passes any more on the connection that was made last. */
  stallNewest(): void {
    for (const socket of [...this.#pairs].at(-1) ?? []) socket.pause()
  }

  /** New connections are as they should be. */
  flowNew(): void {
    this.#state.stalled = false
  }

  flow(): void {
    this.#state.stalled = false
    for (const pair of this.#pairs) for (const socket of pair) socket.resume()
  }

  async close(): Promise<void> {
    this.#server.close()
    this.cut()
    await once(this.#server, 'close')
  }
}
