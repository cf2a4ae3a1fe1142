import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Histogram } from './histogram.js'

const time = fc.oneof(
  fc.double({ min: 0, max: 100, noNaN: true }),
  fc.double({ min: 0, max: 1e9, noNaN: true }),
  fc.integer({ min: 0, max: 100_000 }),
  fc.constantFrom(0, -0, 0.001, 1, 1_000),
)

function exact(values: readonly number[], rank: number): number {
  return values.toSorted((a, b) => a - b)[rank - 1] as number
}

/** Within 2 %, and of what is less than a nanosecond, 0. */
function expectNear(value: number, exactly: number): void {
  expect(Math.abs(value - exactly)).toBeLessThanOrEqual(exactly < 2 ** -20 ? exactly : exactly * 0.02)
}

it('finds any rank within 2 %', () => {
  fc.assert(
    fc.property(fc.array(time, { minLength: 1, maxLength: 200, size: 'max' }), (values) => {
      const histogram = new Histogram()
      for (const value of values) histogram.record(value)
      const ranks = values.map((_, index) => index + 1)
      histogram.valuesAt(ranks).forEach((value, index) => expectNear(value, exact(values, index + 1)))
    }),
  )
})

it('merges by addition, so that nothing is lost', () => {
  fc.assert(
    fc.property(
      fc.array(time, { minLength: 1, maxLength: 100, size: 'max' }),
      fc.array(time, { maxLength: 100, size: 'max' }),
      (ones, others) => {
        const [sum, other, all] = [new Histogram(), new Histogram(), new Histogram()]
        for (const value of ones) sum.record(value)
        for (const value of others) other.record(value)
        for (const value of [...ones, ...others]) all.record(value)
        sum.add(other)
        const ranks = [...ones, ...others].map((_, index) => index + 1)
        expect(sum.valuesAt(ranks)).toEqual(all.valuesAt(ranks))
      },
    ),
  )
})

it('takes values beyond its ends for the ends', () => {
  const histogram = new Histogram()
  for (const value of [0, 1e-300, 1e300]) histogram.record(value)
  const [zero, tiny, huge] = histogram.valuesAt([1, 2, 3])
  expect([zero, tiny]).toEqual([0, 0])
  expect(huge).toBeGreaterThan(4e9)
})

it('is empty after clear', () => {
  const histogram = new Histogram()
  histogram.record(5)
  histogram.clear()
  expect(histogram.valuesAt([1])).toEqual([])
})
