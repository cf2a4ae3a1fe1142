import type { ServiceInstance } from '@hazeljs/core'
import { type CorruptEntries, EntryReader } from '../entry-reader.js'
import type { KeyValue } from './etcd-api.js'
import type { EtcdKeys } from './etcd-keys.js'

/** The instances of a service as etcd holds them. */
export interface ServiceEntries {
  readonly instances: readonly ServiceInstance[]
  /** Who left on purpose a while ago. */
  readonly deregistered: ReadonlySet<string>
}

/** Makes instances of entries. What is corrupt, or stands under a name or an id that is not its own, is reported and left out. */
export class EtcdEntries {
  readonly #keys: EtcdKeys
  readonly #corrupt: CorruptEntries
  readonly #reader: EntryReader
  /** The keys that were read, by service, so that those that are gone can be forgotten. */
  readonly #read = new Map<string, ReadonlySet<string>>()

  constructor(keys: EtcdKeys, corrupt: CorruptEntries) {
    this.#keys = keys
    this.#corrupt = corrupt
    this.#reader = new EntryReader(corrupt)
  }

  /** Of all entries of a service. */
  readAll(name: string, entries: readonly KeyValue[]): ServiceEntries {
    const instances: ServiceInstance[] = []
    const deregistered = new Set<string>()
    for (const entry of entries) {
      const key = this.#keys.read(name, entry.key)
      if (key?.isFarewell === true) deregistered.add(key.id)
      const instance = this.read(name, entry)
      if (instance !== undefined) instances.push(instance)
    }
    this.#forgetOthers(name, new Set(entries.map(({ key }) => key)))
    return { instances, deregistered }
  }

  /** `undefined` for what is no instance. */
  read(name: string, entry: KeyValue): ServiceInstance | undefined {
    const key = this.#keys.read(name, entry.key)
    if (key?.isFarewell === true) return undefined
    const instance = this.#reader.read(entry.key, entry.value)
    if (instance === undefined) return undefined
    if (instance.name === name && instance.id === key?.id) return instance
    this.#corrupt.report(entry.key, new Error(`it holds the instance ${instance.id} of ${instance.name}`))
    return undefined
  }

  forget(key: string): void {
    this.#reader.forget(key)
  }

  #forgetOthers(name: string, present: ReadonlySet<string>): void {
    for (const key of this.#read.get(name) ?? []) if (!present.has(key)) this.forget(key)
    if (present.size === 0) this.#read.delete(name)
    else this.#read.set(name, present)
  }
}
