import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chanceToReach, counts, logAdd } from './exact-chances.fixture.js'
import { rateRatios } from './rate-comparison.js'
import { logAbove, logBelow, lowerOdds, upperBound } from './rate-tests.js'

const rates = fc.double({ min: 0.0001, max: 0.9, noNaN: true })
const outcomes = fc.array(fc.boolean(), { maxLength: 60 })

/** The same by its definition: request by request, how much likelier it is with other odds. */
function naive(ratios: readonly number[], rate: number, errors: readonly boolean[]): number {
  let evidence = 0
  for (const ratio of ratios) {
    const odds = (ratio * rate) / (1 - rate)
    const other = odds / (1 + odds)
    evidence += errors.reduce((product, error) => product * (error ? other / rate : (1 - other) / (1 - rate)), 1 / ratios.length)
  }
  return Math.log(evidence)
}

const countOf = (errors: readonly boolean[]) => errors.filter(Boolean).length

describe.each([
  { name: 'logAbove', test: logAbove, ratios: rateRatios, onTheOtherSide: (rate: number, share: number) => rate * share },
  { name: 'logBelow', test: logBelow, ratios: lowerOdds, onTheOtherSide: (rate: number, share: number) => rate + (1 - rate) * share },
])('$name', ({ test, ratios, onTheOtherSide }) => {
  /** What the next request is expected to make of the evidence where errors have the true rate `truth`. */
  const expected = (truth: number, rate: number, requests: number, errors: number) =>
    logAdd(Math.log(truth) + test(rate, requests + 1, errors + 1), Math.log1p(-truth) + test(rate, requests + 1, errors))

  it('is the logarithm of what request by request multiplies to', () => {
    fc.assert(
      fc.property(rates, outcomes, (rate, errors) => {
        expect(test(rate, errors.length, countOf(errors))).toBeCloseTo(naive(ratios, rate, errors), 8)
      }),
    )
  })

  it('is a martingale where the rate is the one that is tested', () => {
    fc.assert(
      fc.property(rates, counts, counts, (rate, errors, successes) => {
        const requests = errors + successes
        expect(expected(rate, rate, requests, errors)).toBeCloseTo(test(rate, requests, errors), 6)
      }),
    )
  })

  it('is expected to fall, or to stay, where the rate is on the other side', () => {
    fc.assert(
      fc.property(rates, fc.double({ min: 0.01, max: 0.99, noNaN: true }), counts, counts, (rate, share, errors, successes) => {
        const requests = errors + successes
        expect(expected(onTheOtherSide(rate, share), rate, requests, errors)).toBeLessThanOrEqual(test(rate, requests, errors) + 1e-9)
      }),
    )
  })

  it.each([0.001, 0.05, 0.5])(
    'passes falsely with a chance of 5 % at most at rate %d, by exact calculation over 1,500 requests',
    (rate) => {
      const chance = chanceToReach(1_500, rate, (requests, errors) => test(rate, requests, errors) >= Math.log(20))
      expect(chance).toBeLessThanOrEqual(0.05)
    },
  )
})

describe('logAbove', () => {
  it('is proven at rate 0 by one error, and at rate 1 by nothing', () => {
    expect(logAbove(0, 1_000, 0)).toBe(0)
    expect(logAbove(0, 1_000, 1)).toBe(Infinity)
    expect(logAbove(1, 0, 0)).toBe(0)
    expect(logAbove(1, 10, 10)).toBeCloseTo(0, 12)
    expect(logAbove(1, 10, 9)).toBeLessThan(0)
  })

  it('takes two errors in a row at a threshold of 1 per cent, and three at 5, for 99 per cent', () => {
    expect(logAbove(0.01, 1, 1)).toBeLessThan(Math.log(100))
    expect(logAbove(0.01, 2, 2)).toBeGreaterThan(Math.log(100))
    expect(logAbove(0.05, 2, 2)).toBeLessThan(Math.log(100))
    expect(logAbove(0.05, 3, 3)).toBeGreaterThan(Math.log(100))
  })
})

describe('logBelow', () => {
  it('is proven at rate 1 by one success, and at rate 0 by nothing', () => {
    expect(logBelow(1, 10, 10)).toBe(0)
    expect(logBelow(1, 10, 9)).toBe(Infinity)
    expect(logBelow(0, 1_000, 0)).toBe(0)
    expect(logBelow(0, 1_000, 5)).toBeLessThan(0)
  })

  it.each([
    [0.05, 83],
    [0.01, 418],
    [0.001, 4_193],
  ])('needs, below rate %d with 95 per cent, %d requests without an error', (rate, requests) => {
    expect(logBelow(rate, requests, 0)).toBeGreaterThanOrEqual(Math.log(20))
    expect(logBelow(rate, requests - 1, 0)).toBeLessThan(Math.log(20))
  })
})

describe('upperBound', () => {
  it('is the least rate that is excluded', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 5_000 }), fc.constantFrom(0.9, 0.95, 0.99), (errors, successes, confidence) => {
        const requests = errors + successes
        const bound = upperBound(requests, errors, confidence)
        expect(bound).toBeGreaterThan(errors / requests)
        expect(logBelow(bound, requests, errors)).toBeGreaterThanOrEqual(-Math.log(1 - confidence))
        expect(logBelow(bound * (1 - 1e-9), requests, errors)).toBeLessThan(-Math.log(1 - confidence))
      }),
    )
  })

  it('is 1 where nothing succeeded, and falls with the requests', () => {
    expect(upperBound(0, 0, 0.95)).toBe(1)
    expect(upperBound(7, 7, 0.95)).toBe(1)
    expect(upperBound(100, 0, 0.95)).toBeCloseTo(0.0412, 4)
    expect(upperBound(10_000, 100, 0.95)).toBeCloseTo(0.01335, 5)
    expect(upperBound(10_000_000, 100_000, 0.99)).toBeLessThan(0.0115)
  })

  it('is below the true rate at any of 800 looks with a chance of 5 % at most', () => {
    const rate = 0.03
    expect(chanceToReach(800, rate, (requests, errors) => upperBound(requests, errors, 0.95) < rate)).toBeLessThanOrEqual(0.05)
  })
})
