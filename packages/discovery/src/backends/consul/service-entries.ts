import type { ServiceInstance } from '@hazeljs/core'
import { type CorruptEntries, EntryReader } from '../entry-reader.js'
import type { HealthEntry } from './consul-client.js'
import { isExpired, statusOf } from './service-checks.js'
import { decodeMeta, isOwn } from './service-meta.js'

/** The entries of a service, read. */
export interface Listed {
  readonly instances: readonly ServiceInstance[]
  /** Ids of all entries, those that expired or are corrupt included. */
  readonly ids: ReadonlySet<string>
}

/** Reads instances out of what Consul tells of a service. */
export class ServiceEntries {
  readonly #corrupt: CorruptEntries
  readonly #reader: EntryReader
  readonly #keys = new Map<string, ReadonlySet<string>>()

  constructor(corrupt: CorruptEntries) {
    this.#corrupt = corrupt
    this.#reader = new EntryReader(corrupt)
  }

  /** All entries of the service: what is not among them is gone. */
  readAll(service: string, entries: readonly HealthEntry[]): Listed {
    const keys = new Set(entries.map(keyOf))
    for (const key of this.#keys.get(service) ?? []) if (!keys.has(key)) this.#reader.forget(key)
    if (keys.size === 0) this.#keys.delete(service)
    else this.#keys.set(service, keys)
    return { instances: this.read(entries), ids: new Set(entries.map(idOf)) }
  }

  /** Those that have not expired. An id that several nodes have is taken from the latest registration. */
  read(entries: readonly HealthEntry[]): readonly ServiceInstance[] {
    const byId = new Map<string, ServiceInstance>()
    for (const entry of entries) {
      const instance = this.#readOne(entry)
      if (instance === undefined) continue
      const other = byId.get(instance.id)
      if (other === undefined || other.registeredAt < instance.registeredAt) byId.set(instance.id, instance)
    }
    return [...byId.values()]
  }

  #readOne(entry: HealthEntry): ServiceInstance | undefined {
    if (isOwn(entry.Service.Meta ?? {}) && isExpired(entry.Checks)) return undefined
    const key = keyOf(entry)
    try {
      return this.#reader.read(key, textOf(entry))
    } catch (error) {
      this.#corrupt.report(key, error as Error)
      return undefined
    }
  }
}

/**
 * Its id, where a backend of this kind registered it. Consul's ids are unique on a node only, and a service that somebody else registered is
 * often called the same on all of them.
 */
export function idOf({ Node, Service }: HealthEntry): string {
  return isOwn(Service.Meta ?? {}) ? Service.ID : `${Node.Node}/${Service.ID}`
}

/** Consul's id of what {@link idOf} may have named. */
export function foreignServiceId(id: string): string {
  return id.slice(id.indexOf('/') + 1)
}

function keyOf({ Node, Service }: HealthEntry): string {
  return `service ${Service.Service}, id ${Service.ID}, of node ${Node.Node}`
}

/** @throws {Error} for a record that is none. */
function textOf(entry: HealthEntry): string {
  const { Node, Service, Checks } = entry
  const { metadata, ...rest } = decodeMeta(Service.Meta ?? {})
  return JSON.stringify({
    ...rest,
    id: idOf(entry),
    name: Service.Service,
    host: Service.Address === '' ? Node.Address : Service.Address,
    port: Service.Port,
    tags: Service.Tags ?? [],
    metadata: { ...foreignWeight(entry), ...metadata },
    status: statusOf(Checks),
  })
}

/** Consul's own weight, of services that say it in Consul's way. */
function foreignWeight({ Service, Checks }: HealthEntry): { readonly weight?: number } {
  const { Passing = 1, Warning = 1 } = Service.Weights ?? {}
  const weight = Checks.some(({ Status }) => Status === 'warning') ? Warning : Passing
  return weight === 1 || isOwn(Service.Meta ?? {}) ? {} : { weight }
}
