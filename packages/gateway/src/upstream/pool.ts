import { Connection, type ConnectionOwner } from './connection.js'
import { ConnectionError } from './connection-error.js'
import { type Address, dial } from './dial.js'

/** How long things may take, in turns of whoever calls {@link Pool.sweep}; the last one begun counts as a whole. */
export interface PoolLimits {
  /** Until there is a connection. */
  readonly connectTurns: number
  /** Silence of an instance that owes something. */
  readonly idleTurns: number
  /** How long a connection waits for another request. */
  readonly keepAliveTurns: number
  readonly turnMs: number
  readonly connectTimeoutMs: number
}

/** What all pools of a gateway share. */
export interface PoolShare {
  /** Counts up as time passes. */
  turn: number
  readonly buffer: Buffer
}

/** A margin before the end that an instance has set itself: a request must not meet a connection that is just being closed. */
const keepAliveMarginMs = 1_000

/** The connections to one instance: as many as there are calls, the one used last first. */
export class Pool implements ConnectionOwner {
  readonly authority: string
  readonly #address: Address
  readonly #limits: PoolLimits
  readonly #share: PoolShare
  readonly #onEmpty: (pool: Pool) => void
  readonly #connections = new Set<Connection>()
  #idle: Connection[] = []
  #closing = false

  /** `onEmpty` is called when the last connection of a closed pool is gone. */
  constructor(address: Address, authority: string, limits: PoolLimits, share: PoolShare, onEmpty: (pool: Pool) => void) {
    this.#address = address
    this.authority = authority
    this.#limits = limits
    this.#share = share
    this.#onEmpty = onEmpty
  }

  get turn(): number {
    return this.#share.turn
  }

  get size(): number {
    return this.#connections.size
  }

  /** A connection for one call: one that is there, or else a new one. @throws {Error} for an address that can't be one, as `open` does. */
  take(): Connection {
    for (;;) {
      const connection = this.#idle.pop()
      if (connection === undefined) return this.open()
      if (connection.closed) continue
      if (connection.silence + 1 <= this.#turnsOf(connection)) return connection
      connection.abort()
    }
  }

  /** A new connection. `changes`: it may become another protocol's. */
  open(changes = false): Connection {
    const connection = new Connection(this)
    dial(this.#address, connection, changes ? undefined : this.#share.buffer)
    this.#connections.add(connection)
    return connection
  }

  idle(connection: Connection): void {
    if (this.#closing || this.#turnsOf(connection) < 1) connection.abort()
    else this.#idle.push(connection)
  }

  gone(connection: Connection): void {
    this.#connections.delete(connection)
    if (this.#closing && this.#connections.size === 0) this.#onEmpty(this)
  }

  /** Ends what has been silent for too long. `missedTurns`: those in which the process stood still. */
  sweep(missedTurns: number): void {
    const { connectTurns, idleTurns, connectTimeoutMs } = this.#limits
    for (const connection of this.#connections) {
      const { silence } = connection
      if (!connection.connected) {
        if (silence > connectTurns) connection.fail(new ConnectionError('connect-timeout', `no connection within ${connectTimeoutMs} ms`))
      } else if (connection.busy) {
        if (silence > idleTurns) connection.fail(new ConnectionError('silent', 'The instance was silent for too long'))
      } else if (silence + missedTurns >= this.#turnsOf(connection)) connection.abort()
    }
    this.#idle = this.#idle.filter((connection) => !connection.closed)
  }

  /** Lets calls under way finish. */
  close(): void {
    this.#closing = true
    for (const connection of this.#idle) connection.abort()
    this.#idle = []
    if (this.#connections.size === 0) this.#onEmpty(this)
  }

  /** Cuts every connection at once. */
  destroy(): void {
    this.#closing = true
    for (const connection of this.#connections) connection.fail(new ConnectionError('reset', 'The gateway has cut the connection'))
  }

  /** For how many turns a connection without a call may be kept. */
  #turnsOf({ keepAliveSeconds }: Connection): number {
    const { keepAliveTurns, turnMs } = this.#limits
    if (keepAliveSeconds === undefined) return keepAliveTurns
    return Math.min(keepAliveTurns, Math.floor((keepAliveSeconds * 1_000 - keepAliveMarginMs) / turnMs))
  }
}
