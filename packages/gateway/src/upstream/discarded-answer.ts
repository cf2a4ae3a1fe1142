import type { Clock, TimerHandle } from '@hazeljs/core'
import type { Lease } from '@hazeljs/discovery'
import type { Connection } from './connection.js'
import type { UpstreamCall } from './upstream-request.js'

/** As much of an answer is read to its end to keep the connection, and no longer than that; then the connection is given up. */
const discardBytes = 65_536
const discardMs = 1_000

/** Reads the rest of an answer that nobody gets, because another attempt follows. The instance is at work until it ends. */
export function discardAnswer(connection: Connection, lease: Lease, clock: Clock): void {
  connection.passTo(new DiscardedAnswer(connection, lease, clock))
}

class DiscardedAnswer implements UpstreamCall {
  readonly #connection: Connection
  readonly #lease: Lease
  readonly #clock: Clock
  readonly #timer: TimerHandle
  #received = 0

  constructor(connection: Connection, lease: Lease, clock: Clock) {
    this.#connection = connection
    this.#lease = lease
    this.#clock = clock
    this.#timer = clock.setTimer(this.#giveUp, discardMs)
  }

  onData(chunk: Buffer): boolean {
    this.#received += chunk.length
    if (this.#received > discardBytes) this.#giveUp()
    return true
  }

  onEnd(): void {
    this.#clock.clearTimer(this.#timer)
    this.#lease.release('failure')
  }

  onError(): void {
    this.onEnd()
  }

  onHead(): boolean {
    return true
  }

  readonly #giveUp = (): void => {
    this.#connection.abort()
    this.onEnd()
  }
}
