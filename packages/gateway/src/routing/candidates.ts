import { segmentKey, type PathHit } from './path-index.js'
import type { RoutePattern } from './pattern.js'

interface Candidate<S> {
  readonly pattern: RoutePattern
  readonly rank: string
  readonly store: S
}

/**
 * All patterns that match a path, where {@link PathIndex} finds the best. It is for the few requests whose best route lacks the method, and
 * tries every pattern that begins with the same segment: an index for each method would make the first such request wait while it is built.
 */
export class Candidates<S> {
  readonly #byFirstSegment = new Map<string, Candidate<S>[]>()
  readonly #others: Candidate<S>[]

  constructor(entries: readonly (readonly [RoutePattern, S])[]) {
    const candidates = entries.map(([pattern, store]) => ({ pattern, store, rank: rankOf(pattern) }))
    // Of two patterns that match one path, the rank alone tells which is more specific.
    candidates.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0))
    for (const candidate of candidates) {
      const [first] = candidate.pattern.segments
      if (first?.kind !== 'literal') continue
      const bucket = this.#byFirstSegment.get(first.text)
      if (bucket === undefined) this.#byFirstSegment.set(first.text, [candidate])
      else bucket.push(candidate)
    }
    this.#others = candidates.filter(({ pattern }) => pattern.segments[0]?.kind !== 'literal')
  }

  /** What is stored for the patterns that match a canonical path, the most specific first. */
  find(path: string): PathHit<S> {
    const segments = path.split('/').slice(1)
    const near = this.#byFirstSegment.get(segments[0] ?? '') ?? []
    const matching = [...near, ...this.#others].filter(({ pattern }) => matches(pattern, segments))
    return {
      store: matching.map(({ store }) => store),
      params: Object.fromEntries(segments.map((text, index) => [segmentKey(index), text])),
    }
  }
}

/** One digit a segment: 0 literal, 1 any, 2 all that follow. In the order of text, the more specific comes first. */
function rankOf({ segments, rest }: RoutePattern): string {
  return segments.map(({ kind }) => (kind === 'literal' ? '0' : '1')).join('') + (rest ? '2' : '')
}

function matches({ segments: parts, rest }: RoutePattern, segments: readonly string[]): boolean {
  if (rest ? segments.length < parts.length : segments.length !== parts.length) return false
  return parts.every((part, index) => (part.kind === 'literal' ? part.text === segments[index] : segments[index] !== ''))
}
