import { LinkedList, type ListNode } from '@hazeljs/core'

interface Entry<M> {
  readonly key: string
  readonly meter: M
  place: ListNode<Entry<M>> | undefined
}

/**
 * One meter a key, the least recently used dropped beyond `maxKeys`; and one for those who name no key. O(1): the order of use is a linked
 * list of its own, because looking for the first of a Map takes longer the more were deleted from it.
 */
export class MeterStore<M> {
  readonly #create: () => M
  readonly #maxKeys: number
  readonly #entries = new Map<string, Entry<M>>()
  /** The least recently used first. */
  readonly #order = new LinkedList<Entry<M>>()
  readonly #unnamed: M

  constructor(create: () => M, maxKeys: number) {
    this.#create = create
    this.#maxKeys = maxKeys
    this.#unnamed = create()
  }

  get size(): number {
    return this.#entries.size
  }

  /** A meter to take from; made if it is not there. */
  use(key: string | undefined): M {
    if (key === undefined) return this.#unnamed
    const entry = this.#entries.get(key) ?? this.#add(key)
    const { place } = entry
    if (place === undefined || place !== this.#order.last) {
      if (place !== undefined) this.#order.remove(place)
      entry.place = this.#order.append(entry)
    }
    return entry.meter
  }

  /** A meter to look at; an unknown key is neither remembered nor counted as used. */
  look(key: string | undefined): M {
    if (key === undefined) return this.#unnamed
    return this.#entries.get(key)?.meter ?? this.#create()
  }

  #add(key: string): Entry<M> {
    const oldest = this.#order.first
    if (oldest !== undefined && this.#entries.size >= this.#maxKeys) {
      this.#order.remove(oldest)
      this.#entries.delete(oldest.value.key)
    }
    const entry: Entry<M> = { key, meter: this.#create(), place: undefined }
    this.#entries.set(key, entry)
    return entry
  }
}
