import { isIPv6 } from 'node:net'
import { type ServiceInstance, show } from '@hazeljs/core'
import { Pool } from 'undici'

export interface UpstreamPoolOptions {
  readonly connectTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly keepAliveMs: number
}

/** Names and IPv4 addresses; anything more, such as an `@` or a `/` in a registry's entry, would make another URL. */
const plainHost = /^[\w.~-]+$/

/** The address of an instance as a URL: nothing that a request carries has a part in it. */
export function originOf(instance: Pick<ServiceInstance, 'host' | 'port' | 'protocol'>): string {
  const scheme = instance.protocol === 'https' ? 'https' : 'http'
  const host = instance.host.includes(':') ? `[${instance.host}]` : instance.host
  return `${scheme}://${host}:${instance.port}`
}

/** The connections to instances: one pool an address, shared by all routes. */
export class UpstreamPools {
  readonly #options: UpstreamPoolOptions
  readonly #byOrigin = new Map<string, Pool>()
  /** Those that were dropped and have calls under way. */
  readonly #closing = new Set<Pool>()
  #byInstance = new WeakMap<ServiceInstance, Pool>()

  constructor(options: UpstreamPoolOptions) {
    this.#options = options
  }

  /** @throws {Error} for an instance whose host is none, which is as good as one that cannot be reached. */
  for(instance: ServiceInstance): Pool {
    return this.#byInstance.get(instance) ?? this.#open(instance)
  }

  /** Lets calls under way finish, then closes the connections. An instance that comes back gets new ones. */
  drop(instances: readonly ServiceInstance[]): void {
    for (const instance of instances) {
      const origin = originOf(instance)
      const pool = this.#byOrigin.get(origin)
      this.#byOrigin.delete(origin)
      if (pool === undefined) continue
      this.#closing.add(pool)
      pool.close(() => this.#closing.delete(pool))
    }
    if (instances.length > 0) this.#byInstance = new WeakMap()
  }

  /** Cuts every connection at once. */
  async destroy(): Promise<void> {
    const pools = [...this.#byOrigin.values(), ...this.#closing]
    this.#byOrigin.clear()
    this.#byInstance = new WeakMap()
    await Promise.all(pools.map((pool) => pool.destroy()))
  }

  #open(instance: ServiceInstance): Pool {
    const { id, host } = instance
    if (isIPv6(host) ? host.includes('%') : !plainHost.test(host))
      throw new Error(`The instance ${id} has the host ${show(host)}, which is none`)
    const origin = originOf(instance)
    let pool = this.#byOrigin.get(origin)
    if (pool === undefined) {
      const { connectTimeoutMs, idleTimeoutMs, keepAliveMs } = this.#options
      pool = new Pool(origin, {
        connections: null,
        pipelining: 1,
        connect: { timeout: connectTimeoutMs },
        headersTimeout: idleTimeoutMs,
        bodyTimeout: idleTimeoutMs,
        keepAliveTimeout: keepAliveMs,
        keepAliveMaxTimeout: keepAliveMs,
      })
      this.#byOrigin.set(origin, pool)
    }
    this.#byInstance.set(instance, pool)
    return pool
  }
}
