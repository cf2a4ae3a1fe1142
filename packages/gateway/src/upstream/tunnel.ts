import type { Clock, TimerHandle } from '@hazeljs/core'
import type { Socket } from 'node:net'
import { resetSocket } from '../http/client-response.js'

/**
 * Two connections as one: bytes go both ways as they come, each side as fast as the other takes them. A side that ends its half leaves the
 * other half open; one that breaks takes the other with it.
 */
export class Tunnel {
  readonly #client: Socket
  readonly #upstream: Socket
  readonly #clock: Clock
  readonly #onEnd: (failure: Error | undefined) => void
  #timer: TimerHandle | undefined
  #lastByteAt: number
  #failure: Error | undefined
  #open = 2

  /**
   * Closes after `idleMs` in which no byte went either way; `undefined`: never. `onEnd` is called once, when both connections are closed:
   * with an error if the instance broke off.
   */
  constructor(client: Socket, upstream: Socket, clock: Clock, idleMs: number | undefined, onEnd: (failure: Error | undefined) => void) {
    this.#client = client
    this.#upstream = upstream
    this.#clock = clock
    this.#onEnd = onEnd
    this.#lastByteAt = clock.now()
    upstream.on('error', (error) => {
      if (!upstream.readableEnded) this.#failure ??= error
    })
    this.#join(client, upstream)
    this.#join(upstream, client)
    if (idleMs !== undefined) this.#limitSilence(idleMs, idleMs)
  }

  /** Closes both connections now. */
  cut(): void {
    this.#client.destroy()
    this.#upstream.destroy()
  }

  #join(from: Socket, to: Socket): void {
    from.allowHalfOpen = true
    from.setTimeout(0)
    from.setNoDelay(true)
    from.on('error', doNothing) // 'close' follows
    from.on('data', this.#onData)
    from.once('close', () => {
      // Whoever had ended in good order may still have bytes on their way to the other.
      if (from.readableEnded) to.destroySoon()
      else resetSocket(to)
      if (--this.#open > 0) return
      this.#clock.clearTimer(this.#timer)
      this.#onEnd(this.#failure)
    })
    from.pipe(to)
  }

  readonly #onData = (): void => {
    this.#lastByteAt = this.#clock.now()
  }

  #limitSilence(idleMs: number, remainingMs: number): void {
    this.#timer = this.#clock.setTimer(() => {
      const rest = this.#lastByteAt + idleMs - this.#clock.now()
      if (rest > 0) this.#limitSilence(idleMs, rest)
      else this.cut()
    }, remainingMs)
  }
}

function doNothing(): void {
  // an error without a listener would end the process
}

/** The tunnels of a gateway, which outlive routes and pools and end with it. */
export class OpenTunnels {
  readonly #tunnels = new Set<Tunnel>()

  add(tunnel: Tunnel): void {
    this.#tunnels.add(tunnel)
  }

  delete(tunnel: Tunnel): void {
    this.#tunnels.delete(tunnel)
  }

  cut(): void {
    for (const tunnel of this.#tunnels) tunnel.cut()
  }
}
