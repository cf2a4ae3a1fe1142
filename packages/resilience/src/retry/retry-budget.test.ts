import { ConfigError } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { RetryBudget, type RetryBudgetOptions } from './retry-budget.js'

class BrokenClock extends FakeClock {
  override now(): number {
    throw new Error('no time')
  }
}

function takeAll(budget: RetryBudget): number {
  let taken = 0
  while (budget.tryTake()) taken++
  return taken
}

it('starts full with 100, and refills 10 a second', () => {
  const clock = new FakeClock()
  const budget = new RetryBudget({}, clock)
  expect(budget.available).toBe(100)
  expect(takeAll(budget)).toBe(100)
  clock.jump(1_000)
  expect(takeAll(budget)).toBe(10)
  clock.jump(3_600_000)
  expect(budget.available).toBe(100)
})

it('allows one retry for five first attempts, beside the reserve', () => {
  const clock = new FakeClock()
  const budget = new RetryBudget({ perSecond: 0 }, clock)
  expect(budget.available).toBe(0)
  for (let call = 0; call < 4; call++) budget.deposit()
  expect(budget.tryTake()).toBe(false)
  budget.deposit()
  expect(budget.tryTake()).toBe(true)
  expect(budget.available).toBeCloseTo(0)
})

it('forgets first attempts after ten seconds', () => {
  const clock = new FakeClock()
  const budget = new RetryBudget({ perSecond: 0 }, clock)
  for (let call = 0; call < 50; call++) budget.deposit()
  clock.jump(9_999)
  expect(budget.available).toBeCloseTo(10)
  clock.jump(1)
  expect(budget.available).toBe(0)
})

it('spends the oldest deposits first', () => {
  const clock = new FakeClock()
  const budget = new RetryBudget({ perSecond: 0, ratio: 100 }, clock)
  budget.deposit()
  clock.jump(5_000)
  budget.deposit()
  expect(budget.tryTake()).toBe(true)
  clock.jump(5_000)
  expect(budget.available).toBe(1)
})

it('never allows more retries in ten seconds than a fifth of the calls of twenty, and 200', () => {
  const arrival = fc.record({
    gapMs: fc.integer({ min: 0, max: 3_000 }),
    calls: fc.integer({ min: 0, max: 30 }),
    retries: fc.integer({ min: 0, max: 120 }),
  })
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 40 }), (arrivals) => {
      const clock = new FakeClock()
      const budget = new RetryBudget({}, clock)
      const calls: number[] = []
      const retries: number[] = []
      for (const arrived of arrivals) {
        clock.jump(arrived.gapMs)
        for (let call = 0; call < arrived.calls; call++) {
          budget.deposit()
          calls.push(clock.now())
        }
        for (let retry = 0; retry < arrived.retries; retry++) if (budget.tryTake()) retries.push(clock.now())
        const within = (times: readonly number[], ms: number) => times.filter((time) => time > clock.now() - ms).length
        expect(within(retries, 10_000)).toBeLessThanOrEqual(within(calls, 20_000) * 0.2 + 200 + 1e-6)
      }
    }),
  )
})

it('lists everything that is wrong with its options', () => {
  const wrong = { ratio: -1, perSecond: Number.NaN, memory: 0, rate: 1 } as RetryBudgetOptions
  expect(() => new RetryBudget(wrong)).toThrow(ConfigError)
  expect(() => new RetryBudget(wrong)).toThrow(/ratio[^]*perSecond|perSecond[^]*ratio/)
})

it('stands still with a clock that throws, and says so', () => {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const budget = new RetryBudget({ perSecond: 0.1 }, new BrokenClock())
  expect([budget.tryTake(), budget.tryTake()]).toEqual([true, false])
  expect(warning).toHaveBeenCalled()
  warning.mockRestore()
})
