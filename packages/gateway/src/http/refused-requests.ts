import type { Clock, Emitter, Logger } from '@hazeljs/core'
import type { GatewayError, ProblemCode } from '../errors.js'
import type { GatewayEvents } from '../events.js'
import { plainAddress } from './client-address.js'

/** What was refused before it had a route. Counted since the gateway was made. */
export interface RefusedSnapshot {
  /** Requests that could not be read, by the code that their clients were told. */
  readonly unreadable: Readonly<Partial<Record<ProblemCode, number>>>
  /** Connections beyond `maxConnections`. */
  readonly connections: number
  /** Requests for which `limits.maxConcurrentRequests` left no room. They belong to no route, so no route's metrics have them. */
  readonly shed: number
}

/** So many log lines a second at most are written of refusals: whoever sends garbage must not fill disks with it. */
export const refusalLinesPerSecond = 10

export interface RefusalObservers {
  readonly clock: Clock
  readonly logger: Logger
  readonly events: Emitter<GatewayEvents>
  /** Whether refusals are logged. */
  readonly logging: boolean
}

/** Keeps count of what the HTTP server refuses by itself, and tells of it as the path does of requests. */
export class RefusedRequests {
  readonly #observers: RefusalObservers
  readonly #unreadable = new Map<ProblemCode, number>()
  #connections = 0
  #shed = 0
  #second = -Infinity
  #lines = 0
  #unsaid = 0

  constructor(observers: RefusalObservers) {
    this.#observers = observers
  }

  /** A request that is none was answered with `problem`. */
  readonly unreadable = ({ code, status, message }: GatewayError, peer: string): void => {
    const clientIp = plainAddress(peer)
    this.#unreadable.set(code, (this.#unreadable.get(code) ?? 0) + 1)
    const { events } = this.#observers
    if (events.has('request:unreadable')) events.emit('request:unreadable', { code, status, clientIp })
    this.#write({ status, clientIp, error: message }, 'request')
  }

  readonly connection = (peer: string): void => {
    this.#connections++
    this.#write({ clientIp: plainAddress(peer), error: 'There are as many connections as maxConnections allows' }, 'connection')
  }

  /** A request found no room; its line in the log is that of every request. */
  shed(clientIp: string, retryAfterMs: number): void {
    this.#shed++
    const { events } = this.#observers
    if (events.has('request:shed')) events.emit('request:shed', { clientIp, retryAfterMs })
  }

  snapshot(): RefusedSnapshot {
    return { unreadable: Object.fromEntries(this.#unreadable), connections: this.#connections, shed: this.#shed }
  }

  #write(fields: object, message: string): void {
    const { logging, clock, logger } = this.#observers
    if (!logging) return
    const now = clock.now()
    if (now - this.#second >= 1_000) {
      this.#second = now
      this.#lines = 0
    }
    if (++this.#lines > refusalLinesPerSecond) {
      this.#unsaid++
      return
    }
    logger.info(this.#unsaid > 0 ? { ...fields, unsaid: this.#unsaid } : fields, message)
    this.#unsaid = 0
  }
}
