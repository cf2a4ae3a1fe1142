import { describe, expect, it } from 'vitest'
import { logLikelihoodRatio, logMeanExp, logSumExp } from './likelihood.js'

describe('logLikelihoodRatio', () => {
  it('weighs hits by the ratio and all trials by what that makes of a trial', () => {
    expect(logLikelihoodRatio(3, 0.25, 1, 1)).toBeCloseTo(Math.log(3 / 1.5), 12)
    expect(logLikelihoodRatio(3, 0.25, 1, 0)).toBeCloseTo(Math.log(1 / 1.5), 12)
    expect(logLikelihoodRatio(3, 0.25, 10, 4)).toBeCloseTo(Math.log(3 ** 4 / 1.5 ** 10), 12)
  })

  it('is no NaN at its borders', () => {
    expect(logLikelihoodRatio(0, 0.5, 2, 0)).toBeCloseTo(Math.log(4), 12)
    expect(logLikelihoodRatio(0, 0.5, 2, 1)).toBe(-Infinity)
    expect(logLikelihoodRatio(0, 1, 0, 0)).toBe(0)
    expect(logLikelihoodRatio(2, 0, 5, 0)).toBe(0)
  })
})

describe('logSumExp and logMeanExp', () => {
  it('add what would overflow', () => {
    expect(logSumExp([1_000, 1_000])).toBeCloseTo(1_000 + Math.LN2, 12)
    expect(logSumExp([-1_000, -1_000])).toBeCloseTo(-1_000 + Math.LN2, 12)
    expect(logMeanExp([800, 800, 800])).toBeCloseTo(800, 12)
    expect(logMeanExp([0, -Infinity])).toBeCloseTo(-Math.LN2, 12)
  })

  it('keep infinities', () => {
    expect(logSumExp([])).toBe(-Infinity)
    expect(logSumExp([-Infinity, -Infinity])).toBe(-Infinity)
    expect(logSumExp([1, Infinity])).toBe(Infinity)
  })
})
