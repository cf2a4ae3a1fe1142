import fc from 'fast-check'

export const weights = fc.integer({ min: 1, max: 99 })
export const counts = fc.integer({ min: 0, max: 300 })

/** ln(exp(a) + exp(b)). */
export function logAdd(a: number, b: number): number {
  const [less, more] = a < b ? [a, b] : [b, a]
  return more === -Infinity ? more : more + Math.log1p(Math.exp(less - more))
}

/**
 * The exact chance that `reached` holds after any of the first `trials` trials, each a hit with probability `chance`: the probabilities of all
 * numbers of hits are carried from trial to trial, and what has reached it is taken out.
 */
export function chanceToReach(trials: number, chance: number, reached: (trials: number, hits: number) => boolean): number {
  const negligible = 1e-12
  let alive = new Float64Array(1).fill(1)
  let total = 0
  for (let trial = 1; trial <= trials; trial++) {
    const next = new Float64Array(trial + 1)
    for (const [hits, probability] of alive.entries()) {
      next[hits] = (next[hits] as number) + probability * (1 - chance)
      next[hits + 1] = (next[hits + 1] as number) + probability * chance
    }
    for (const [hits, probability] of next.entries()) {
      if (probability < negligible || !reached(trial, hits)) continue
      total += probability
      next[hits] = 0
    }
    alive = next
  }
  return total
}
