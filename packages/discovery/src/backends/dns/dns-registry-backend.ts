import { isIP } from 'node:net'
import {
  type Clock,
  resolveOptions,
  type ServiceFilter,
  type ServiceInstance,
  ServiceStatus,
  show,
  systemClock,
  systemRandom,
} from '@hazeljs/core'
import { DiscoveryError } from '../../errors.js'
import { matches } from '../../filter.js'
import type { BackendDependencies } from '../backend-dependencies.js'
import { instanceIdOf } from '../instance-record.js'
import { refuseChange } from '../read-only.js'
import type { RegistryBackend, RegistryListener } from '../registry-backend.js'
import { SharedWatches } from '../shared-watches.js'
import { DnsLookup } from './dns-lookup.js'
import { poll } from './poll.js'
import { type DnsBackendOptions, isHostname, readDnsOptions, type ResolvedDnsOptions, type ResolvedQuery, withQueries } from './options.js'
import { srvMembers } from './srv-members.js'

interface Answer {
  readonly instances: readonly ServiceInstance[]
  readonly ttlMs: number | undefined
}

type Member = Pick<ServiceInstance, 'host' | 'port' | 'metadata' | 'status'>

const noTags: readonly string[] = Object.freeze([])
/** Targets of SRV records, or services, that are looked up at once. */
const lookupsAtOnce = 50

/**
 * Services whose instances stand in DNS, as addresses or as SRV records. They are only read, and asked for again when their TTL is over.
 *
 * A name that does not exist has no instances; a server that does not answer is a failure, and what was known last stays.
 */
export class DnsRegistryBackend implements RegistryBackend {
  readonly ttlMs = undefined
  readonly #options: ResolvedDnsOptions
  readonly #lookup: DnsLookup
  readonly #clock: Clock
  readonly #watches: SharedWatches
  /** Lookups under way, shared by all who need them. */
  readonly #answers = new Map<string, Promise<Answer>>()

  /** @throws {ConfigError} for options that are wrong. */
  constructor(
    options: DnsBackendOptions,
    { clock = systemClock, random = systemRandom }: Pick<BackendDependencies, 'clock' | 'random'> = {},
  ) {
    this.#options = resolveOptions('DnsRegistryBackend', readDnsOptions, withQueries(options))
    this.#lookup = new DnsLookup(this.#options)
    this.#clock = clock
    this.#watches = new SharedWatches((service, sink) => {
      const { refreshMs, minTtlMs } = this.#options
      const ask = async () => {
        const { instances, ttlMs } = await this.#ask(service)
        sink.state(instances)
        return this.#holdsMs(ttlMs)
      }
      return poll({ ask, failed: (error) => sink.failed(error), retryMs: minTtlMs, maxRetryMs: refreshMs, clock, random })
    })
  }

  register(): Promise<never> {
    return this.#refuse()
  }

  deregister(): Promise<never> {
    return this.#refuse()
  }

  heartbeat(): Promise<never> {
    return this.#refuse()
  }

  updateStatus(): Promise<never> {
    return this.#refuse()
  }

  /** @throws {DiscoveryError} `REGISTRY_UNAVAILABLE` when no server answers, or none could: the service's name makes no host name. */
  async getInstances(name: string, filter?: ServiceFilter): Promise<readonly ServiceInstance[]> {
    const { instances } = await this.#ask(name)
    return filter === undefined ? instances : instances.filter((instance) => matches(instance, filter))
  }

  /** @throws {DiscoveryError} as {@link getInstances}. */
  async getInstance(id: string): Promise<ServiceInstance | null> {
    for (const service of servicesOf(id)) {
      const query = this.#options.queryFor(service)
      if (query === undefined || !isHostname(query.hostname)) continue
      const { instances } = await this.#ask(service)
      const found = instances.find((instance) => instance.id === id)
      if (found !== undefined) return found
    }
    return null
  }

  /**
   * Of the services that the options name and of those that are watched, the ones with an instance: DNS does not list its names.
   *
   * @throws {DiscoveryError} as {@link getInstances}.
   */
  async getAllServices(): Promise<readonly string[]> {
    const names = [...new Set([...this.#options.services, ...this.#watches.services])].sort()
    const answers = await inBatches(names, (name) => this.#ask(name))
    return names.filter((_name, index) => (answers[index]?.instances.length ?? 0) > 0)
  }

  /** Nothing expires. */
  cleanup(): Promise<void> {
    return Promise.resolve()
  }

  watch(name: string, listener: RegistryListener): () => void {
    return this.#watches.watch(name, listener)
  }

  close(): Promise<void> {
    this.#watches.close()
    this.#lookup.cancel()
    return Promise.resolve()
  }

  #holdsMs(ttlMs: number | undefined): number {
    const { refreshMs, minTtlMs, maxTtlMs } = this.#options
    return ttlMs === undefined ? refreshMs : Math.min(Math.max(ttlMs, minTtlMs), maxTtlMs)
  }

  #ask(service: string): Promise<Answer> {
    const known = this.#answers.get(service)
    if (known !== undefined) return known
    const answer = this.#askAnew(service).finally(() => this.#answers.delete(service))
    this.#answers.set(service, answer)
    return answer
  }

  async #askAnew(service: string): Promise<Answer> {
    const query = this.#options.queryFor(service)
    if (query === undefined) return { instances: [], ttlMs: undefined }
    if (!isHostname(query.hostname)) {
      throw new DiscoveryError('REGISTRY_UNAVAILABLE', `DNS cannot be asked for ${show(service)}: ${show(query.hostname)} is no host name`)
    }
    const { members, ttlMs } = await (query.record === 'srv' ? this.#srv(query) : this.#addresses(query))
    const now = this.#clock.wallTime()
    return { instances: members.map((member) => instanceOf(service, query, member, now)), ttlMs }
  }

  async #addresses({ hostname, family, port = 0 }: ResolvedQuery): Promise<{ members: readonly Member[]; ttlMs: number | undefined }> {
    const { addresses, ttlMs } = await this.#lookup.addresses(hostname, family)
    return { members: addresses.map((host) => ({ host, port, metadata: { hostname }, status: ServiceStatus.UP })), ttlMs }
  }

  async #srv({ hostname, family }: ResolvedQuery): Promise<{ members: readonly Member[]; ttlMs: number | undefined }> {
    // A target of "." says that the service is decidedly not there (RFC 2782).
    const records = (await this.#lookup.services(hostname)).filter(({ name }) => name !== '' && name !== '.')
    const targets = [...new Set(records.map(({ name }) => name))]
    const answers = new Map(await inBatches(targets, async (target) => [target, await this.#lookup.addresses(target, family)] as const))
    const ttls = [...answers.values()].flatMap(({ ttlMs }) => ttlMs ?? [])
    const members = srvMembers(records, (target) => answers.get(target)?.addresses ?? []).map(
      ({ serves, weight, host, port, ...rest }) => ({
        host,
        port,
        metadata: { hostname: rest.hostname, priority: rest.priority, ...(weight !== undefined && { weight }) },
        status: serves ? ServiceStatus.UP : ServiceStatus.OUT_OF_SERVICE,
      }),
    )
    return { members, ttlMs: Math.min(this.#options.refreshMs, ...ttls.map((ttlMs) => this.#holdsMs(ttlMs))) }
  }

  #refuse(): Promise<never> {
    return refuseChange('DNS', 'Change the records where their zone is kept, or register with a registry such as Redis or Consul.')
  }
}

function instanceOf(name: string, { protocol }: ResolvedQuery, { host, port, metadata, status }: Member, now: number): ServiceInstance {
  const id = instanceIdOf(name, host, port)
  return Object.freeze({
    id,
    name,
    host,
    port,
    protocol,
    metadata: Object.freeze(metadata),
    tags: noTags,
    status,
    lastHeartbeat: now,
    registeredAt: 0,
  })
}

/** The services that an id may be of: both a name and an IPv6 address may hold colons. */
function servicesOf(id: string): readonly string[] {
  const rest = /^(.*):\d+$/.exec(id)?.[1] ?? ''
  const colons = [...rest.matchAll(/:/g)].map(({ index }) => index)
  return colons.filter((colon) => isIP(rest.slice(colon + 1)) !== 0).map((colon) => rest.slice(0, colon))
}

async function inBatches<T, R>(items: readonly T[], call: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = []
  for (let first = 0; first < items.length; first += lookupsAtOnce) {
    results.push(...(await Promise.all(items.slice(first, first + lookupsAtOnce).map(call))))
  }
  return results
}
