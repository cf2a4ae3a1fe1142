import type { Clock } from '@hazeljs/core'
import type { ResolvedClose } from './config/close-options.js'
import type { Listener } from './http/listener.js'
import type { InFlight } from './in-flight.js'

/**
 * The end of a gateway, in this order: who asks is told that it is not ready, and every answer ends its connection; new connections are
 * refused, and idle ones end; what is under way ends, or is cut.
 */
export class Closing {
  readonly #clock: Clock
  readonly #hurried = new AbortController()
  #begun = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get begun(): boolean {
    return this.#begun
  }

  /** Resolves when nothing is under way, or the time is over. Requests without a listener of ours, in `inFlight`, are waited for as well. */
  async close({ acceptGraceMs, drainTimeoutMs }: ResolvedClose, inFlight: InFlight, listener: Listener | undefined): Promise<void> {
    this.#begun = true
    listener?.drain()
    const { signal } = this.#hurried
    if (acceptGraceMs > 0) await this.#clock.sleep(acceptGraceMs, signal).catch(doNothing)
    await Promise.all([listener?.close(drainTimeoutMs), inFlight.idle(this.#clock, drainTimeoutMs)])
  }

  /** Takes nothing new from now on, and cuts what is under way. */
  hurry(listener: Listener | undefined): void {
    this.#begun = true
    this.#hurried.abort()
    listener?.cut()
  }
}

function doNothing(): void {
  // it was told to hurry
}
