import { isIPv6 } from 'node:net'
import { type Clock, type ServiceInstance, show, type TimerHandle } from '@hazeljs/core'
import { createSecureContext } from 'node:tls'
import type { UpstreamTlsConfig } from '../config/gateway-options.js'
import type { Address, UpstreamTls } from './dial.js'
import { Pool, type PoolLimits, type PoolShare } from './pool.js'
import { socketPathOf } from './socket-path.js'

export interface UpstreamPoolOptions {
  readonly connectTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly keepAliveMs: number
  /** For instances with the protocol `https`. */
  readonly upstreamTls: UpstreamTlsConfig
  /** In its place for single services, by their names. */
  readonly serviceTls: ReadonlyMap<string, UpstreamTlsConfig>
  /** Where Unix sockets of instances may lie; see {@link socketPathOf}. */
  readonly socketDirectory: string | undefined
}

/** Names and IPv4 addresses; anything more, such as an `@` or a `/` in a registry's entry, would be another host than it seems. */
const plainHost = /^[\w.~-]+$/
/** As much as one read takes. */
const readBytes = 65_536
/** Times are kept to a turn, which is this part of the shortest of them, and a second at most. */
const turnsOfShortest = 4
const longestTurnMs = 1_000
const shortestTurnMs = 5

/** The connections to instances: one pool an address and service, shared by all routes. */
export class UpstreamPools {
  readonly #options: UpstreamPoolOptions
  readonly #clock: Clock
  readonly #limits: PoolLimits
  readonly #share: PoolShare = { turn: 0, buffer: Buffer.allocUnsafeSlow(readBytes) }
  readonly #tls = new Map<UpstreamTlsConfig, UpstreamTls>()
  readonly #byKey = new Map<string, Pool>()
  /** Those that were dropped and have calls under way. */
  readonly #closing = new Set<Pool>()
  #byInstance = new WeakMap<ServiceInstance, Pool>()
  #timer: TimerHandle | undefined
  #closed = false

  constructor(options: UpstreamPoolOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#limits = limitsOf(options)
  }

  /** @throws {Error} for an instance whose host or socket is none, which is as good as one that cannot be reached; and after `destroy`. */
  for(instance: ServiceInstance): Pool {
    return this.#byInstance.get(instance) ?? this.#open(instance)
  }

  /** Lets calls under way finish, then closes the connections. An instance that comes back gets new ones. */
  drop(instances: readonly ServiceInstance[]): void {
    for (const instance of instances) {
      const key = keyOf(instance)
      const pool = this.#byKey.get(key)
      this.#byKey.delete(key)
      if (pool === undefined) continue
      this.#closing.add(pool)
      pool.close()
    }
    if (instances.length > 0) this.#byInstance = new WeakMap()
  }

  /** Cuts every connection at once; there will be no others. */
  destroy(): void {
    this.#closed = true
    const pools = [...this.#byKey.values(), ...this.#closing]
    this.#byKey.clear()
    this.#byInstance = new WeakMap()
    this.#clock.clearTimer(this.#timer)
    for (const pool of pools) pool.destroy()
  }

  #open(instance: ServiceInstance): Pool {
    if (this.#closed) throw new Error('The gateway is closed')
    const { id, host } = instance
    if (isIPv6(host) ? host.includes('%') : !plainHost.test(host))
      throw new Error(`The instance ${id} has the host ${show(host)}, which is none`)
    const key = keyOf(instance)
    const pool =
      this.#byKey.get(key) ??
      new Pool(this.#addressOf(instance), authorityOf(instance), this.#limits, this.#share, (empty) => this.#closing.delete(empty))
    this.#byKey.set(key, pool)
    this.#byInstance.set(instance, pool)
    if (this.#timer === undefined) this.#nextTurn()
    return pool
  }

  #addressOf(instance: ServiceInstance): Address {
    const { upstreamTls, serviceTls, socketDirectory } = this.#options
    const { host, port, protocol, name } = instance
    const tls = protocol === 'https' ? (serviceTls.get(name) ?? upstreamTls) : undefined
    return { host, port, socketPath: socketPathOf(instance, socketDirectory), tls: tls && this.#tlsOf(tls) }
  }

  #tlsOf(config: UpstreamTlsConfig): UpstreamTls {
    let tls = this.#tls.get(config)
    if (tls === undefined) {
      const { ca, cert, key, passphrase } = config
      tls = { ...config, secureContext: createSecureContext({ ca, cert, key, passphrase }) }
      this.#tls.set(config, tls)
    }
    return tls
  }

  /** One timer for all connections, instead of one each that every request would have to set. */
  #nextTurn(): void {
    const { turnMs } = this.#limits
    const dueMs = this.#clock.now() + turnMs
    this.#timer = this.#clock.setTimer(
      () => {
        this.#nextTurn()
        this.#share.turn++
        // A process that stood still counts one turn: whoever owes something could not be heard. Who waits may have left.
        this.#sweep(Math.max(0, Math.floor((this.#clock.now() - dueMs) / turnMs)))
      },
      turnMs,
      { background: true },
    )
  }

  #sweep(missedTurns: number): void {
    for (const pool of this.#closing) pool.sweep(missedTurns)
    const count = this.#byKey.size
    for (const [key, pool] of this.#byKey) {
      pool.sweep(missedTurns)
      if (pool.size === 0) this.#byKey.delete(key) // its instance may be gone for good
    }
    if (this.#byKey.size < count) this.#byInstance = new WeakMap()
  }
}

function limitsOf({ connectTimeoutMs, idleTimeoutMs, keepAliveMs }: UpstreamPoolOptions): PoolLimits {
  const shortest = Math.min(connectTimeoutMs, idleTimeoutMs, keepAliveMs)
  const turnMs = Math.max(shortestTurnMs, Math.min(longestTurnMs, Math.floor(shortest / turnsOfShortest)))
  const turns = (ms: number) => Math.floor(ms / turnMs)
  return {
    turnMs,
    connectTimeoutMs,
    connectTurns: turns(connectTimeoutMs),
    idleTurns: turns(idleTimeoutMs),
    keepAliveTurns: turns(keepAliveMs),
  }
}

/** The address of an instance as `Host` has it: nothing that a request carries has a part in it. */
export function authorityOf({ host, port, protocol }: Pick<ServiceInstance, 'host' | 'port' | 'protocol'>): string {
  const name = host.includes(':') ? `[${host}]` : host
  return port === (protocol === 'https' ? 443 : 80) ? name : `${name}:${port}`
}

/** Services may share an address, and have to be verified each in its own way; on sockets, the address says little. */
function keyOf({ name, host, port, protocol, metadata }: ServiceInstance): string {
  return `${name} ${protocol} ${host} ${port} ${String(metadata.socketPath)}`
}
