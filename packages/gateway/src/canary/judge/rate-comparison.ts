import { logLikelihoodRatio, logMeanExp, logSumExp } from './likelihood.js'

/** What happened while the canary had one weight: errors, or answers that were too slow. */
export interface EventsAt {
  /** The canary's share of the requests, in per cent. */
  readonly weight: number
  readonly stable: number
  readonly canary: number
}

/** How many times stable's rate the canary's may be: 1.25 to 40 in equal steps of the logarithm. The evidence for them is averaged. */
export const rateRatios: readonly number[] = Object.freeze(Array.from({ length: 9 }, (_, i) => 1.25 * 32 ** (i / 8)))

/** Share of the process that starts with the first epoch; those of the later ones are 0.05, 0.025, … */
export const firstStartShare = 0.9

/** A canary with so many times stable's rate is not as good as stable. */
export const nonInferiorityRatio = 1.5

/** β: how often a canary that is {@link nonInferiorityRatio} times as bad may pass for as good as stable. */
export const nonInferiorityBeta = 0.1

/**
 * How strongly the events of a rollout say that the canary has more of them than its share, as a natural logarithm; 0 at the start.
 *
 * While both arms have the same rate, whatever it is and however it changes, the exponential is a martingale that starts at 1: by Ville's
 * inequality the chance that it ever reaches 1/α, looked at with every event of the whole rollout, is α at most. Given an event, it is
 * then the canary's with the probability of its weight; against that stand likelihood ratios for {@link rateRatios}
 * (Lindon & Malek, Anytime-Valid Inference for Multinomial Count Data, NeurIPS 2022).
 *
 * Each epoch starts a process of its own, which the good hours before it can't hold back. Their average, with shares that sum to 1, is a martingale,
 * too. A process that has not started yet stands at 1.
 *
 * @param epochs up to the rollout's present one. At a weight of 0 or 100 nothing is learned.
 * @param first number of the oldest of them; the processes of those before it, which are forgotten, count for nothing: no share goes to others
 */
export function logEvidence(epochs: readonly EventsAt[], first = 0): number {
  const count = epochs.length
  const sinceStart = rateRatios.map(() => 0)
  const terms: number[] = []
  for (let start = count - 1; start >= 0; start--) {
    addEvents(sinceStart, epochs[start] as EventsAt)
    terms.push(logStartShare(first + start) + logMeanExp(sinceStart))
  }
  terms.push(logNotStartedShare(first + count))
  return logSumExp(terms)
}

/**
 * How strongly the events of an epoch say that the canary is as good as stable rather than `ratio` times as bad, as a natural logarithm.
 *
 * A likelihood ratio: for a canary that is `ratio` times as bad, or worse, the chance that its exponential ever reaches 1/β is β at most.
 */
export function logNonInferiority({ weight, stable, canary }: EventsAt, ratio = nonInferiorityRatio): number {
  return teachesNothing(weight) ? 0 : -logLikelihoodRatio(ratio, weight / 100, stable + canary, canary)
}

function addEvents(sums: number[], { weight, stable, canary }: EventsAt): void {
  if (teachesNothing(weight)) return
  for (let i = 0; i < sums.length; i++) {
    sums[i] = (sums[i] as number) + logLikelihoodRatio(rateRatios[i] as number, weight / 100, stable + canary, canary)
  }
}

function teachesNothing(weight: number): boolean {
  return weight <= 0 || weight >= 100
}

/** Logarithms, for the shares of late epochs are too small for numbers. */
function logStartShare(epoch: number): number {
  return epoch === 0 ? Math.log(firstStartShare) : Math.log(1 - firstStartShare) - epoch * Math.LN2
}

/** What {@link logStartShare} leaves when so many epochs have started. */
function logNotStartedShare(epochs: number): number {
  return epochs === 0 ? 0 : Math.log(1 - firstStartShare) - (epochs - 1) * Math.LN2
}
