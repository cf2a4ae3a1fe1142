/** One place where the mirror's answer is not the primary's. */
export interface MirrorDifference {
  /** `status`, `header:<name>`, a path in a JSON body such as `$.items[3].price`, `body` for other bodies, or what `diff.compare` said. */
  readonly at: string
  /** What the primary had there, as JSON, cut to 100 characters; only with `diff.values`. */
  readonly primary?: string
  readonly mirror?: string
}

/** A request whose two answers differ. */
export interface MirrorExample {
  readonly method: string
  /** Canonical, without the query. */
  readonly path: string
  readonly requestId: string | undefined
  /** 20 at most. */
  readonly differences: readonly MirrorDifference[]
}

/** What a comparison found. `kinds` name the differences without positions in lists, each once. */
export type Finding =
  | { readonly verdict: 'same' }
  /** See {@link MirrorReport.notCompared}. */
  | { readonly verdict: 'unknown' }
  | { readonly verdict: 'different'; readonly kinds: readonly string[]; readonly differences: readonly MirrorDifference[] }

/** How the mirror's answers compare with the primary's, since the route was made. */
export interface MirrorReport {
  /** Pairs of answers of which it is known whether they differ: `same` and `different`. */
  readonly compared: number
  readonly same: number
  readonly different: number
  /**
   * Copies that should have been compared and were not: an answer broke off or never came, a body was longer than `diff.maxBodyBytes` or
   * could not be decoded, `diff.compare` failed, or too many waited.
   */
  readonly notCompared: number
  /**
   * Pairs by what differed: `status`, `header:<name>`, `body`, or the path in a JSON body with `[*]` for every index. Beyond 100 kinds the
   * rest is `other`. The most frequent first.
   */
  readonly kinds: readonly { readonly kind: string; readonly count: number }[]
  /** The last 20 requests with different answers, the latest first. */
  readonly examples: readonly MirrorExample[]
}

export const maxExamples = 20
/** Names in JSON may be data, such as ids: the number of paths has no end by itself. */
export const maxKinds = 100
const otherKinds = 'other'

/** Adds up what comparisons found, in bounded memory. */
export class DiffReport {
  readonly #kinds = new Map<string, number>()
  #examples: MirrorExample[] = []
  #same = 0
  #different = 0
  #notCompared = 0

  /** For a gate: shares are to be taken of differences between two readings. */
  get rate(): { readonly compared: number; readonly different: number } {
    return { compared: this.#same + this.#different, different: this.#different }
  }

  add(finding: Finding, request: Omit<MirrorExample, 'differences'>): void {
    if (finding.verdict === 'same') this.#same++
    else if (finding.verdict === 'unknown') this.#notCompared++
    else {
      this.#different++
      for (const kind of finding.kinds) this.#count(kind)
      this.#examples.push({ ...request, differences: finding.differences })
      if (this.#examples.length > maxExamples) this.#examples.shift()
    }
  }

  snapshot(): MirrorReport {
    const { compared, different } = this.rate
    const kinds = [...this.#kinds].map(([kind, count]) => ({ kind, count })).sort((a, b) => b.count - a.count)
    return { compared, same: this.#same, different, notCompared: this.#notCompared, kinds, examples: this.#examples.toReversed() }
  }

  #count(kind: string): void {
    const known = this.#kinds.has(kind) || this.#kinds.size < maxKinds
    const counted = known ? kind : otherKinds
    this.#kinds.set(counted, (this.#kinds.get(counted) ?? 0) + 1)
  }
}
