import { segmentKey, type PathHit } from './path-index.js'
import type { RoutePattern } from './pattern.js'

interface Candidate<S> {
  readonly rank: string
  readonly store: S
}

/** A place in the tree of patterns. */
class Node<S> {
  readonly literals = new Map<string, Node<S>>()
  /** For one segment that is not empty, whatever it holds. */
  one: Node<S> | undefined
  /** Whose pattern ends here. */
  ends: Candidate<S> | undefined
  /** Whose pattern goes on with all that follows, if anything does. */
  rest: Candidate<S> | undefined
}

/**
 * All patterns that match a path, where {@link PathIndex} finds the best. It is for the few requests whose best route lacks the method: an
 * index for each method would make the first such request wait while it is built. Looks at no more patterns than share a beginning with the
 * path.
 */
export class Candidates<S> {
  readonly #root = new Node<S>()

  constructor(entries: readonly (readonly [RoutePattern, S])[]) {
    for (const [pattern, store] of entries) {
      let node = this.#root
      for (const segment of pattern.segments)
        node = segment.kind === 'literal' ? literalBelow(node, segment.text) : (node.one ??= new Node())
      node[pattern.rest ? 'rest' : 'ends'] = { store, rank: rankOf(pattern) }
    }
  }

  /** What is stored for the patterns that match a canonical path, the most specific first. */
  find(path: string): PathHit<S> {
    const segments = path.split('/').slice(1)
    const matching: Candidate<S>[] = []
    collect(this.#root, segments, 0, matching)
    // Of two patterns that match one path, the rank alone tells which is more specific.
    matching.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0))
    return {
      store: matching.map(({ store }) => store),
      params: Object.fromEntries(segments.map((text, index) => [segmentKey(index), text])),
    }
  }
}

function literalBelow<S>(node: Node<S>, text: string): Node<S> {
  let below = node.literals.get(text)
  if (below === undefined) node.literals.set(text, (below = new Node()))
  return below
}

function collect<S>(node: Node<S>, segments: readonly string[], index: number, matching: Candidate<S>[]): void {
  if (node.rest !== undefined) matching.push(node.rest)
  const segment = segments[index]
  if (segment === undefined) {
    if (node.ends !== undefined) matching.push(node.ends)
    return
  }
  const literal = node.literals.get(segment)
  if (literal !== undefined) collect(literal, segments, index + 1, matching)
  if (node.one !== undefined && segment !== '') collect(node.one, segments, index + 1, matching)
}

/** One digit a segment: 0 literal, 1 any, 2 all that follow. In the order of text, the more specific comes first. */
function rankOf({ segments, rest }: RoutePattern): string {
  return segments.map(({ kind }) => (kind === 'literal' ? '0' : '1')).join('') + (rest ? '2' : '')
}
