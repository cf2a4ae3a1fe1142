interface Entry<M> {
  readonly key: string
  readonly meter: M
  older: Entry<M> | undefined
  newer: Entry<M> | undefined
}

/**
 * One meter a key, the least recently used dropped beyond `maxKeys`; and one for those who name no key. O(1): the order of use is a linked
 * list of its own, because looking for the first of a Map takes longer the more were deleted from it.
 */
export class MeterStore<M> {
  readonly #create: () => M
  readonly #maxKeys: number
  readonly #entries = new Map<string, Entry<M>>()
  readonly #unnamed: M
  #oldest: Entry<M> | undefined
  #newest: Entry<M> | undefined

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
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      if (this.#oldest !== undefined && this.#entries.size >= this.#maxKeys) this.#forget(this.#oldest)
      entry = { key, meter: this.#create(), older: undefined, newer: undefined }
      this.#entries.set(key, entry)
    } else {
      if (entry === this.#newest) return entry.meter
      this.#unlink(entry)
    }
    this.#append(entry)
    return entry.meter
  }

  /** A meter to look at; an unknown key is neither remembered nor counted as used. */
  look(key: string | undefined): M {
    if (key === undefined) return this.#unnamed
    return this.#entries.get(key)?.meter ?? this.#create()
  }

  #forget(entry: Entry<M>): void {
    this.#entries.delete(entry.key)
    this.#unlink(entry)
  }

  #append(entry: Entry<M>): void {
    entry.older = this.#newest
    entry.newer = undefined
    if (this.#newest === undefined) this.#oldest = entry
    else this.#newest.newer = entry
    this.#newest = entry
  }

  #unlink({ older, newer }: Entry<M>): void {
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
  }
}
