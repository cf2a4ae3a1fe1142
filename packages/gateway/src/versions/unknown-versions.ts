/** A version that was asked for and that there is not. */
export interface UnknownVersion {
  /** As it was asked for, the first 64 characters. */
  readonly version: string
  /** Of a name that was rare for a while, only those since. */
  readonly requests: number
  /** Milliseconds since the Unix epoch. */
  readonly lastRequestAt: number
}

/** As many names are kept, whoever invents how many. */
const namesKept = 20
const longestName = 64

/** Counts names that clients choose, in bounded memory: a name too many takes the place of the rarest, whose requests are counted without it. */
export class UnknownVersions {
  readonly #names = new Map<string, { requests: number; lastAtMs: number }>()
  #others = 0

  count(version: string, atMs: number): void {
    const name = version.slice(0, longestName)
    const known = this.#names.get(name)
    if (known !== undefined) {
      known.requests++
      known.lastAtMs = atMs
      return
    }
    if (this.#names.size === namesKept) this.#dropRarest()
    this.#names.set(name, { requests: 1, lastAtMs: atMs })
  }

  /** The most frequent first. @param epochMs added to the times that were counted with */
  most(epochMs: number): readonly UnknownVersion[] {
    return [...this.#names]
      .map(([version, { requests, lastAtMs }]) => ({ version, requests, lastRequestAt: Math.round(epochMs + lastAtMs) }))
      .sort((a, b) => b.requests - a.requests)
  }

  /** Requests whose names were dropped. */
  get others(): number {
    return this.#others
  }

  #dropRarest(): void {
    let rarest = ''
    let fewest = Number.POSITIVE_INFINITY
    for (const [name, { requests }] of this.#names) {
      if (requests >= fewest) continue
      rarest = name
      fewest = requests
    }
    this.#names.delete(rarest)
    this.#others += fewest
  }
}
