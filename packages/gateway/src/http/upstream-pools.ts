import { isIPv6 } from 'node:net'
import { type ServiceInstance, show } from '@hazeljs/core'
import { Pool } from 'undici'
import type { UpstreamTlsConfig } from '../config/gateway-options.js'
import { socketPathOf } from './socket-path.js'
import { upstreamConnector } from './upstream-connector.js'
import { SecurePool } from './upstream-tls.js'

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

/** Names and IPv4 addresses; anything more, such as an `@` or a `/` in a registry's entry, would make another URL. */
const plainHost = /^[\w.~-]+$/

/** The address of an instance as a URL: nothing that a request carries has a part in it. */
export function originOf(instance: Pick<ServiceInstance, 'host' | 'port' | 'protocol'>): string {
  const scheme = instance.protocol === 'https' ? 'https' : 'http'
  const host = instance.host.includes(':') ? `[${instance.host}]` : instance.host
  return `${scheme}://${host}:${instance.port}`
}

/** The connections to instances: one pool an address and service, shared by all routes. */
export class UpstreamPools {
  readonly #options: UpstreamPoolOptions
  readonly #byKey = new Map<string, Pool>()
  /** Those that were dropped and have calls under way. */
  readonly #closing = new Set<Pool>()
  #byInstance = new WeakMap<ServiceInstance, Pool>()

  constructor(options: UpstreamPoolOptions) {
    this.#options = options
  }

  /** @throws {Error} for an instance whose host or socket is none, which is as good as one that cannot be reached. */
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
      pool.close(() => this.#closing.delete(pool))
    }
    if (instances.length > 0) this.#byInstance = new WeakMap()
  }

  /** Cuts every connection at once. */
  async destroy(): Promise<void> {
    const pools = [...this.#byKey.values(), ...this.#closing]
    this.#byKey.clear()
    this.#byInstance = new WeakMap()
    await Promise.all(pools.map((pool) => pool.destroy()))
  }

  #open(instance: ServiceInstance): Pool {
    const { id, host } = instance
    if (isIPv6(host) ? host.includes('%') : !plainHost.test(host))
      throw new Error(`The instance ${id} has the host ${show(host)}, which is none`)
    const key = keyOf(instance)
    const pool = this.#byKey.get(key) ?? this.#connect(instance)
    this.#byKey.set(key, pool)
    this.#byInstance.set(instance, pool)
    return pool
  }

  #connect(instance: ServiceInstance): Pool {
    const { connectTimeoutMs, idleTimeoutMs, keepAliveMs, upstreamTls, serviceTls, socketDirectory } = this.#options
    const socketPath = socketPathOf(instance, socketDirectory)
    const options = {
      connections: null,
      pipelining: 1,
      connect: { timeout: connectTimeoutMs, ...(socketPath !== undefined && { socketPath }) },
      headersTimeout: idleTimeoutMs,
      bodyTimeout: idleTimeoutMs,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
    }
    const origin = originOf(instance)
    if (instance.protocol !== 'https') return new Pool(origin, { ...options, connect: upstreamConnector(options.connect) })
    return new SecurePool(origin, instance.host, serviceTls.get(instance.name) ?? upstreamTls, options)
  }
}

/** Services may share an address, and have to be verified each in its own way; on sockets, the address says little. */
function keyOf(instance: ServiceInstance): string {
  return `${instance.name} ${originOf(instance)} ${String(instance.metadata.socketPath)}`
}
