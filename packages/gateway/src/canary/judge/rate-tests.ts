import { logLikelihoodRatio, logMeanExp } from './likelihood.js'
import { rateRatios } from './rate-comparison.js'

/** Odds of an error, as shares of the odds at the rate that is tested, for which the evidence of being below it is averaged: 0, 1/8, … 7/8. */
export const lowerOdds: readonly number[] = Object.freeze(Array.from({ length: 8 }, (_, i) => i / 8))

/** Bisections of {@link upperBound}: 2⁻⁴⁰ is finer than anybody reads. */
const halvings = 40

/**
 * How strongly `errors` of `requests` say that the true rate is above `rate` (0 to 1), as a natural logarithm. Where it is not above, the chance
 * that the exponential ever reaches 1/α, looked at after every request, is α at most.
 *
 * At rate 0 one error proves it, and the answer is Infinity. Nothing is above 1, and the answer there never above 0.
 */
export function logAbove(rate: number, requests: number, errors: number): number {
  if (rate <= 0) return errors > 0 ? Infinity : 0
  return logMeanExp(rateRatios.map((ratio) => logLikelihoodRatio(ratio, rate, requests, errors)))
}

/**
 * How strongly `errors` of `requests` say that the true rate is below `rate` (0 to 1), as a natural logarithm. Where it is not below, the chance
 * that the exponential ever reaches 1/α, looked at after every request, is α at most.
 *
 * At rate 1 one success proves it, and the answer is Infinity. Nothing is below 0, and the answer there never above 0.
 */
export function logBelow(rate: number, requests: number, errors: number): number {
  if (rate >= 1) return errors < requests ? Infinity : 0
  return logMeanExp(lowerOdds.map((ratio) => logLikelihoodRatio(ratio, rate, requests, errors)))
}

/**
 * The rate, from 0 to 1, that the true one is below with `confidence` (0.95 for 95 per cent), however often it is looked at: the least rate that
 * {@link logBelow} can exclude. It is wider than the bound of Clopper and Pearson, which holds for one look at a number of requests
 * that was fixed before. Without a success it is 1.
 */
export function upperBound(requests: number, errors: number, confidence: number): number {
  const enough = -Math.log1p(-confidence)
  // Evidence of being below a rate grows with the rate, so one point divides what is excluded from what is not.
  let low = 0
  let high = 1
  for (let i = 0; i < halvings; i++) {
    const middle = (low + high) / 2
    if (logBelow(middle, requests, errors) >= enough) high = middle
    else low = middle
  }
  return high
}
