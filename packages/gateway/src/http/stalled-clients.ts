import type { Clock, TimerHandle } from '@hazeljs/core'
import { GatewayError } from '../errors.js'
import { resetSocket } from './client-response.js'
import type { ClientsTurn, Connection } from './connection.js'

export interface StallLimits {
  readonly stallTimeoutMs: number
  /** Bytes a second; 0: any byte will do. */
  readonly minRate: number
}

/** Looked at every second, or twice in the limit. */
const longestLookMs = 1_000

/**
 * Gives up clients that stand still while it is their turn: a body is awaited and does not come, or an answer waits and is not taken.
 * Connections are looked at all together, at intervals, so that a request costs nothing; between two looks nothing is known of them.
 */
export class StalledClients {
  readonly #connections: ReadonlyMap<object, Connection>
  readonly #clock: Clock
  readonly #limits: StallLimits
  readonly #lookMs: number
  #timer: TimerHandle | undefined

  constructor(connections: ReadonlyMap<object, Connection>, clock: Clock, limits: StallLimits) {
    this.#connections = connections
    this.#clock = clock
    this.#limits = limits
    this.#lookMs = Math.min(longestLookMs, Math.ceil(limits.stallTimeoutMs / 2))
  }

  /** Looks at the connections as long as there are any. */
  watch(): void {
    if (this.#timer === undefined) this.#timer = this.#clock.setTimer(this.#look, this.#lookMs, { background: true })
  }

  readonly #look = (): void => {
    this.#timer = undefined
    if (this.#connections.size === 0) return
    this.watch()
    const now = this.#clock.now()
    for (const connection of this.#connections.values()) {
      if (connection.isAnswering) this.#judge(connection, now)
      else connection.stall = undefined
    }
  }

  #judge(connection: Connection, now: number): void {
    const { socket, stall, clientsTurn: turn } = connection
    if (turn === undefined) {
      connection.stall = undefined
      return
    }
    // What was handed to the system: `bytesWritten` counts what waits in this process as well.
    const bytes = turn === 'take' ? socket.bytesWritten - socket.writableLength : socket.bytesRead
    if (stall?.turn !== turn || bytes - stall.bytes >= Math.max(1, (this.#limits.minRate * (now - stall.since)) / 1_000)) {
      connection.stall = { turn, since: now, bytes }
    } else if (now - stall.since >= this.#limits.stallTimeoutMs) {
      connection.stall = undefined
      giveUp(connection, turn)
    }
  }
}

/** Whoever does not send can still be told so; but once only. */
function giveUp(connection: Connection, turn: ClientsTurn): void {
  const exchange = connection.exchangeOf(turn)
  const last = turn === 'take' || exchange?.isCalledOff !== false
  exchange?.callOff(new GatewayError('CLIENT_TOO_SLOW'))
  if (last) resetSocket(connection.socket)
}
