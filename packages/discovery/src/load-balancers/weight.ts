import type { ServiceInstance } from '@hazeljs/core'

/** The weight of an instance whose `metadata.weight` is missing, or is no number from 0 on. */
export const defaultWeight = 1
/** Weights are told apart to three decimals. */
const precision = 1_000

export function weightOf(instance: ServiceInstance): number {
  const { weight } = instance.metadata
  return typeof weight === 'number' && weight >= 0 && weight < Infinity ? weight : defaultWeight
}

/** The smallest whole numbers in the same proportions. Where all are 0, nobody is preferred: all are 1. */
export function wholeWeights(weights: readonly number[]): readonly number[] {
  if (weights.every((weight) => weight === weights[0])) return weights.map(() => 1)
  const scaled = weights.map((weight) => (weight > 0 ? Math.max(1, Math.round(weight * precision)) : 0))
  const divisor = scaled.reduce(greatestCommonDivisor, 0)
  return scaled.map((weight) => weight / divisor)
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b]
  return a
}
