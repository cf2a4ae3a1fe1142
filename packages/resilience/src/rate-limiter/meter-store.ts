import type { Meter } from './meter.js'

/** One meter a key, the least recently used dropped beyond `maxKeys`; and one for those who name no key. O(1). */
export class MeterStore {
  readonly #create: () => Meter
  readonly #maxKeys: number
  readonly #meters = new Map<string, Meter>()
  readonly #unnamed: Meter
  #latestKey: string | undefined

  constructor(create: () => Meter, maxKeys: number) {
    this.#create = create
    this.#maxKeys = maxKeys
    this.#unnamed = create()
  }

  get size(): number {
    return this.#meters.size
  }

  /** A meter to take from; made if it is not there. */
  use(key: string | undefined): Meter {
    if (key === undefined) return this.#unnamed
    const known = this.#meters.get(key)
    if (known !== undefined && key === this.#latestKey) return known
    if (known !== undefined) this.#meters.delete(key)
    else if (this.#meters.size >= this.#maxKeys) this.#dropOldest()
    const meter = known ?? this.#create()
    this.#meters.set(key, meter)
    this.#latestKey = key
    return meter
  }

  /** A meter to look at; an unknown key is neither remembered nor counted as used. */
  look(key: string | undefined): Meter {
    if (key === undefined) return this.#unnamed
    return this.#meters.get(key) ?? this.#create()
  }

  #dropOldest(): void {
    for (const key of this.#meters.keys()) {
      this.#meters.delete(key)
      return
    }
  }
}
