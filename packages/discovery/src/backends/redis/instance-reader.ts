import type { ServiceInstance } from '@hazeljs/core'
import { type CorruptEntries, EntryReader } from '../entry-reader.js'
import type { ServiceKeys } from './registry-keys.js'

/** Reads the entries of one service. Those that are no instance of it are left out and reported. */
export class InstanceReader {
  readonly #service: string
  readonly #keys: ServiceKeys
  readonly #corrupt: CorruptEntries
  readonly #entries: EntryReader
  #listed = new Set<string>()

  constructor(service: string, keys: ServiceKeys, corrupt: CorruptEntries) {
    this.#service = service
    this.#keys = keys
    this.#corrupt = corrupt
    this.#entries = new EntryReader(corrupt)
  }

  /** The entry that the hash has under `id`. */
  read(id: string, text: string): ServiceInstance | undefined {
    const key = this.#keyOf(id)
    const instance = this.#entries.read(key, text)
    if (instance === undefined || (instance.id === id && instance.name === this.#service)) return instance
    this.#corrupt.report(`the id and the name in ${key}`, new Error(`it says that it is ${instance.id} of ${instance.name}`))
    return undefined
  }

  /** All entries as HGETALL answers, ordered by id, so that later snapshots have little to order. What is not among them is forgotten. */
  readAll(answer: unknown): Map<string, ServiceInstance> {
    const texts = pairs(answer)
    const instances = new Map<string, ServiceInstance>()
    for (const id of [...texts.keys()].sort()) {
      const instance = this.read(id, texts.get(id) ?? '')
      if (instance !== undefined) instances.set(id, instance)
    }
    for (const id of this.#listed) if (!texts.has(id)) this.forget(id)
    this.#listed = new Set(texts.keys())
    return instances
  }

  forget(id: string): void {
    this.#entries.forget(this.#keyOf(id))
  }

  #keyOf(id: string): string {
    return `${id} of ${this.#keys.instances}`
  }
}

/** What Redis answers as a list of names and values. */
export function pairs(answer: unknown): Map<string, string> {
  const list = answer as readonly string[]
  const map = new Map<string, string>()
  for (let at = 0; at + 1 < list.length; at += 2) map.set(list[at] as string, list[at + 1] as string)
  return map
}
