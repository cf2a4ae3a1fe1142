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
  /** The keys that the reader remembers, by service. */
  readonly #read = new Map<string, Set<string>>()

  constructor(keys: EtcdKeys, corrupt: CorruptEntries) {
    this.#keys = keys
    this.#corrupt = corrupt
    this.#reader = new EntryReader(corrupt)
  }

  /** Of all entries of a service: what was read before and is not among them is forgotten. */
  readAll(name: string, entries: readonly KeyValue[]): ServiceEntries {
    const instances: ServiceInstance[] = []
    const deregistered = new Set<string>()
    for (const entry of entries) {
      const key = this.#keys.read(name, entry.key)
      if (key?.isFarewell === true) deregistered.add(key.id)
      const instance = this.read(name, entry)
      if (instance !== undefined) instances.push(instance)
    }
    const present = new Set(entries.map(({ key }) => key))
    for (const key of [...(this.#read.get(name) ?? [])]) if (!present.has(key)) this.forget(name, key)
    return { instances, deregistered }
  }

  /** `undefined` for what is no instance. It is remembered, so that the same entry is the same object, until it is forgotten. */
  read(name: string, entry: KeyValue): ServiceInstance | undefined {
    const keys = this.#read.get(name) ?? new Set()
    this.#read.set(name, keys.add(entry.key))
    return this.#admit(name, entry, () => this.#reader.read(entry.key, entry.value))
  }

  /** The same, of an entry that is looked up alone: nobody would know when to forget it. */
  readOnce(name: string, entry: KeyValue): ServiceInstance | undefined {
    return this.#admit(name, entry, () => new EntryReader(this.#corrupt).read(entry.key, entry.value))
  }

  forget(name: string, key: string): void {
    const keys = this.#read.get(name)
    this.#reader.forget(key)
    keys?.delete(key)
    if (keys?.size === 0) this.#read.delete(name)
  }

  #admit(name: string, entry: KeyValue, read: () => ServiceInstance | undefined): ServiceInstance | undefined {
    const key = this.#keys.read(name, entry.key)
    if (key?.isFarewell === true) return undefined
    const instance = read()
    if (instance === undefined || (instance.name === name && instance.id === key?.id)) return instance
    this.#corrupt.report(entry.key, new Error(`it says that it is ${instance.id} of ${instance.name}`))
    return undefined
  }
}
