import { type Cancellation, type Clock, ConfigError, type ServiceFilter, type ServiceInstance, show } from '@hazeljs/core'
import type { Pool } from 'undici'
import type { DiscoveryClient } from '../discovery-client.js'
import { DiscoveryError } from '../errors.js'
import type { ServiceChange } from '../events.js'
import type { InstancePicker } from '../instance-picker.js'
import type { Lease } from '../load-balancers/lease.js'
import type { PickContext } from '../load-balancers/strategy.js'
import { ConnectionPools } from './connection-pools.js'
import type { ResolvedServiceClientOptions } from './options.js'
import { unlessAborted } from './unless-aborted.js'

/** What a ServiceClient needs of a DiscoveryClient. */
export type ServiceDiscovery = Pick<DiscoveryClient, 'picker' | 'acquire' | 'getInstances' | 'on' | 'off'>

/** The instances of one service, and the connections to them, for one client. */
export class ServiceTarget {
  readonly #discovery: ServiceDiscovery
  readonly #options: ResolvedServiceClientOptions
  readonly #picker: InstancePicker
  readonly #pools: ConnectionPools
  #closed = false

  /** @throws {ConfigError} where `discovery` is none. {@link DiscoveryError} `UNKNOWN_STRATEGY`, `CLIENT_CLOSED`. */
  constructor(discovery: ServiceDiscovery, options: ResolvedServiceClientOptions) {
    checkDiscovery(discovery)
    this.#discovery = discovery
    this.#options = options
    const { serviceName, strategy, filter } = options
    this.#picker = discovery.picker(serviceName, { ...(strategy !== undefined && { strategy }), ...(filter !== undefined && { filter }) })
    this.#pools = new ConnectionPools(options)
    discovery.on('change', this.#onChange)
  }

  get serviceName(): string {
    return this.#options.serviceName
  }

  /** Addresses with open connections, or with calls that a closed one waits for. */
  get openPools(): number {
    return this.#pools.size
  }

  /** `filter` in place of the client's own. @throws {DiscoveryError} `NO_INSTANCE`, `REGISTRY_UNAVAILABLE`, `CLIENT_CLOSED`. */
  async lease(pick: PickContext, filter: ServiceFilter | undefined, cancellation: Cancellation): Promise<Lease> {
    this.#assertOpen()
    const lease = filter === undefined ? await this.#pick(pick, cancellation) : await this.#pickFiltered(pick, filter, cancellation)
    return lease ?? (await this.#refuse(filter ?? this.#options.filter, cancellation))
  }

  /** @throws {DiscoveryError} `INSTANCE_UNUSABLE`, `CLIENT_CLOSED`. */
  poolOf(instance: ServiceInstance): Pool {
    this.#assertOpen()
    return this.#pools.for(instance)
  }

  async close(drainMs: number, clock: Clock): Promise<void> {
    this.#closed = true
    this.#discovery.off('change', this.#onChange)
    this.#picker.close()
    await this.#pools.close(drainMs, clock)
  }

  async #pick(pick: PickContext, cancellation: Cancellation): Promise<Lease | undefined> {
    if (!this.#picker.ready) await unlessAborted(this.#picker.whenReady(), cancellation)
    return this.#picker.acquire(pick)
  }

  #pickFiltered(pick: PickContext, filter: ServiceFilter, cancellation: Cancellation): Promise<Lease | null> {
    const { serviceName, strategy } = this.#options
    return unlessAborted(this.#discovery.acquire(serviceName, strategy, filter, pick), cancellation, (lease) => lease?.release('ignored'))
  }

  async #refuse(filter: ServiceFilter | undefined, cancellation: Cancellation): Promise<never> {
    const { serviceName } = this.#options
    const known = await unlessAborted(this.#discovery.getInstances(serviceName), cancellation)
    const meant = filter === undefined ? known : await unlessAborted(this.#discovery.getInstances(serviceName, filter), cancellation)
    if (known.length === 0)
      throw new DiscoveryError(
        'NO_INSTANCE',
        `No instance of '${serviceName}' is UP: the registry has none of that name. Is it registered, in this registry?`,
      )
    const which = filter === undefined ? '' : `, of which ${meant.length} match the filter`
    throw new DiscoveryError('NO_INSTANCE', `No instance of '${serviceName}' is UP: ${known.length} known${which}${statusesOf(meant)}`)
  }

  /** A retry may come after the end. */
  #assertOpen(): void {
    if (this.#closed) throw new DiscoveryError('CLIENT_CLOSED', `The client of '${this.#options.serviceName}' is closed`)
  }

  // A listener of the discovery client's.
  readonly #onChange = ({ service, removed }: ServiceChange): void => {
    if (service === this.#options.serviceName) this.#pools.drop(removed)
  }
}

function checkDiscovery(given: unknown): void {
  if (typeof given === 'object' && given !== null && 'picker' in given) return
  throw new ConfigError('ServiceClient', [
    { path: 'discovery', message: `expected a DiscoveryClient, or a function that returns one, got ${show(given)}` },
  ])
}

function statusesOf(instances: readonly ServiceInstance[]): string {
  const counts = new Map<string, number>()
  for (const { status } of instances) counts.set(status, (counts.get(status) ?? 0) + 1)
  return counts.size === 0 ? '' : ` (${[...counts].map(([status, count]) => `${count} ${status}`).join(', ')})`
}
