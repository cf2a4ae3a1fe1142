import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MovingQuantile, valuesPerTurn, valuesPerUpdate } from './moving-quantile.js'

function fed(percent: number, minValues: number, values: readonly number[]): MovingQuantile {
  const quantile = new MovingQuantile(percent, minValues)
  for (const value of values) quantile.record(value)
  return quantile
}

const oneTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

it('is unknown before there are enough values', () => {
  expect(fed(95, 50, oneTo(49)).value).toBeUndefined()
  expect(fed(95, 50, oneTo(50)).value).toBe(48.5) // the middle of the step from 48 to 49
})

it('is within 2 % of the exact quantile of the values it is of', () => {
  const values = fc.array(fc.double({ min: 0.001, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 400 })
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 99 }), (recorded, percent) => {
      const value = fed(percent, recorded.length, recorded).value as number
      const exact = recorded.toSorted((a, b) => a - b)[Math.ceil((recorded.length * percent) / 100) - 1] as number
      expect(Math.abs(value - exact)).toBeLessThanOrEqual(exact * 0.02)
    }),
  )
})

it('takes the rank that whole numbers give, where shares of one are rounded', () => {
  // 100 × 0.07 is a little more than 7.
  expect(Math.abs((fed(7, 100, oneTo(100)).value as number) - 7)).toBeLessThan(0.2)
})

it('forgets what is older than two turns, and keeps at least one', () => {
  const quantile = fed(50, 50, new Array<number>(5 * valuesPerTurn).fill(1_000))
  const feed = (count: number) => {
    for (let value = 0; value < count; value++) quantile.record(10)
  }
  feed(valuesPerTurn / 2 - valuesPerUpdate)
  expect(quantile.value).toBeCloseTo(1_000, -2)
  feed(2 * valuesPerTurn)
  expect(quantile.value).toBeCloseTo(10, 0)
})

it('moves with every update, and not between', () => {
  const quantile = fed(99, valuesPerUpdate, new Array<number>(valuesPerUpdate).fill(10))
  for (let value = 1; value < valuesPerUpdate; value++) quantile.record(1_000)
  expect(quantile.value).toBeCloseTo(10, 0)
  quantile.record(1_000)
  expect(quantile.value).toBeCloseTo(1_000, -2)
})
