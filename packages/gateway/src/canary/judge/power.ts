import { logEvidence } from './rate-comparison.js'

export interface Difference {
  /** How many times stable's rate the canary has. */
  readonly ratio: number
  /** Stable's rate, from 0 to 1. */
  readonly errorRate: number
  /** The canary's share of the requests, in per cent. */
  readonly weight: number
  /** α of the comparison. */
  readonly alpha: number
}

/** No rollout waits for so many requests. */
const never = Number.MAX_SAFE_INTEGER

/**
 * After about how many requests of both arms a rollout that begins now would show the difference: the number whose expected errors are evidence
 * enough. The average over many rollouts is within a quarter of it, and more than half of them show the difference sooner.
 *
 * Infinity where it would never show: without errors, with one arm alone, or where the ratio is so near to 1 (about 1.12) that the comparison does
 * not look for it.
 */
export function requestsToDetect({ ratio, errorRate, weight, alpha }: Difference): number {
  const share = weight / 100
  const canary = share * Math.min(1, errorRate * ratio)
  const stable = (1 - share) * errorRate
  const enough = -Math.log(alpha)
  const shows = (requests: number) => logEvidence([{ weight, stable: requests * stable, canary: requests * canary }]) >= enough
  let high = 1
  while (!shows(high)) {
    if (high > never) return Infinity
    high *= 2
  }
  let low = high / 2
  while (high - low > high / 1_000) {
    const middle = (low + high) / 2
    if (shows(middle)) high = middle
    else low = middle
  }
  return Math.ceil(high)
}
