import type { Clock, ServiceInstance } from '@hazeljs/core'
import { Pool } from 'undici'
import { DiscoveryError } from '../errors.js'
import type { ResolvedServiceClientOptions } from './options.js'
import { originOf, whyUnusable } from './origin.js'

type PoolOptions = Pick<ResolvedServiceClientOptions, 'connectTimeoutMs' | 'idleTimeoutMs' | 'tls'>

/** The connections to the instances of one service, opened as they are needed: one pool an address. */
export class ConnectionPools {
  readonly #options: PoolOptions
  readonly #byOrigin = new Map<string, Pool>()
  /** Those that were dropped and have calls under way. */
  readonly #closing = new Map<Pool, Promise<void>>()
  #byInstance = new WeakMap<ServiceInstance, Pool>()

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /** Pools that are open, or that wait for their last calls. */
  get size(): number {
    return this.#byOrigin.size + this.#closing.size
  }

  /** @throws {DiscoveryError} `INSTANCE_UNUSABLE` */
  for(instance: ServiceInstance): Pool {
    return this.#byInstance.get(instance) ?? this.#open(instance)
  }

  /** Lets calls under way finish, then closes the connections. An instance that comes back gets new ones. */
  drop(instances: readonly ServiceInstance[]): void {
    for (const instance of instances) {
      const origin = originOf(instance)
      const pool = this.#byOrigin.get(origin)
      if (pool !== undefined) this.#close(origin, pool)
    }
    if (instances.length > 0) this.#byInstance = new WeakMap()
  }

  /** Lets calls under way finish within `drainMs`, and cuts off those that do not. */
  async close(drainMs: number, clock: Clock): Promise<void> {
    for (const [origin, pool] of this.#byOrigin) this.#close(origin, pool)
    this.#byInstance = new WeakMap()
    if (this.#closing.size === 0) return
    const timer = clock.setTimer(() => {
      for (const pool of this.#closing.keys()) void pool.destroy()
    }, drainMs)
    await Promise.all(this.#closing.values())
    clock.clearTimer(timer)
  }

  #close(origin: string, pool: Pool): void {
    this.#byOrigin.delete(origin)
    this.#closing.set(
      pool,
      pool
        .close()
        .catch(() => undefined) // it was destroyed, which is as closed as can be
        .then(() => void this.#closing.delete(pool)),
    )
  }

  #open(instance: ServiceInstance): Pool {
    const problem = whyUnusable(instance)
    if (problem !== undefined) {
      throw new DiscoveryError('INSTANCE_UNUSABLE', `The instance ${instance.id} of '${instance.name}' ${problem}`)
    }
    const origin = originOf(instance)
    const pool = this.#byOrigin.get(origin) ?? this.#create(origin)
    this.#byOrigin.set(origin, pool)
    this.#byInstance.set(instance, pool)
    return pool
  }

  #create(origin: string): Pool {
    const { connectTimeoutMs, idleTimeoutMs, tls = {} } = this.#options
    const { ca, ...rest } = tls
    const trusted = ca === undefined ? {} : { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }
    return new Pool(origin, {
      connections: null,
      pipelining: 1,
      connect: { timeout: connectTimeoutMs, ...rest, ...trusted },
      headersTimeout: 0, // a call has its own
      bodyTimeout: idleTimeoutMs,
    })
  }
}
