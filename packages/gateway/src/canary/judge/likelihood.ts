/**
 * Natural logarithm of how much likelier `hits` of `trials` are when the odds of a hit are `ratio` times those that `chance`, from 0 to 1, gives.
 * It depends on the counts alone, not on their order.
 */
export function logLikelihoodRatio(ratio: number, chance: number, trials: number, hits: number): number {
  // A trial becomes chance · (ratio − 1) + 1 times as heavy, a hit is `ratio` times the weight of a miss. Zero times an infinity is none.
  const byHits = hits === 0 ? 0 : hits * Math.log(ratio)
  return trials === 0 ? byHits : byHits - trials * Math.log1p(chance * (ratio - 1))
}

/** ln Σ exp(value), where the largest may be too large for a number, and −∞ counts as nothing. */
export function logSumExp(values: readonly number[]): number {
  let largest = -Infinity
  for (const value of values) if (value > largest) largest = value
  if (Math.abs(largest) === Infinity) return largest
  let sum = 0
  for (const value of values) sum += Math.exp(value - largest)
  return largest + Math.log(sum)
}

/** ln of the mean of exp(value). */
export function logMeanExp(values: readonly number[]): number {
  return logSumExp(values) - Math.log(values.length)
}
