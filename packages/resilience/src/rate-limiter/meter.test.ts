import { FakeClock } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { waitMs } from './meter.js'
import { meterMaker } from './meters.js'
import { SlidingWindowLimiter } from './sliding-window-limiter.js'

const step = fc.record({ gapMs: fc.integer({ min: 0, max: 300 }), cost: fc.integer({ min: 1, max: 4 }) })

describe.each(['token-bucket', 'sliding-window'] as const)('a copy of a %s meter', (strategy) => {
  it('goes on like the meter itself, and neither changes the other', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.array(step, { minLength: 1, maxLength: 60 }), (before, after) => {
        const create = meterMaker({ strategy, max: 6, windowMs: 1_000, tokenMs: 170, maxKeys: 1 })
        const meter = create()
        let nowMs = 0
        for (const { gapMs, cost } of before) meter.take(cost, (nowMs += gapMs))
        const [copy, untouched] = [meter.copy(), meter.copy()]
        const atMs = nowMs
        const free = untouched.freeAtMs(6, atMs)
        for (const { gapMs, cost } of after) {
          nowMs += gapMs
          expect(copy.freeAtMs(cost, nowMs)).toBe(meter.freeAtMs(cost, nowMs))
          expect(copy.take(cost, nowMs)).toBe(meter.take(cost, nowMs))
          expect([copy.remaining(nowMs), copy.fullAtMs(nowMs)]).toEqual([meter.remaining(nowMs), meter.fullAtMs(nowMs)])
        }
        expect(untouched.freeAtMs(6, atMs)).toBe(free)
      }),
    )
  })
})

describe('a large sliding window', () => {
  /** Takes at 0, at half a millisecond, and all else later; says how much is left at the given moments. */
  function remainingAt(max: number, ...moments: readonly number[]): number[] {
    const clock = new FakeClock()
    const limiter = new SlidingWindowLimiter({ max, window: 1_024 }, clock)
    limiter.tryAcquire()
    clock.jump(0.5)
    limiter.tryAcquire()
    clock.jump(99.5)
    limiter.tryAcquire({ cost: max - 2 })
    return moments.map((atMs) => {
      clock.jump(atMs - clock.now())
      return limiter.peek().remaining
    })
  }

  it('is exact up to 1,024 admissions', () => {
    expect(remainingAt(1_024, 1_023.9, 1_024, 1_024.5)).toEqual([0, 1, 2])
  })

  it('beyond, remembers those within a thousandth of it as one, at the time of the last: to the strict side', () => {
    expect(remainingAt(2_048, 1_023.9, 1_024, 1_024.4, 1_024.5)).toEqual([0, 0, 0, 2])
  })

  it('does not remember as one what is further apart, however many come in between', () => {
    const clock = new FakeClock()
    const limiter = new SlidingWindowLimiter({ max: 2_000, window: 1_024 }, clock)
    for (let call = 0; call < 2_000; call++) {
      limiter.tryAcquire()
      clock.jump(0.25)
    }
    clock.jump(1_024 + 250 - clock.now())
    // A window after the first 1,000 calls were made, at most one entry of five calls waits for its last.
    expect(limiter.peek().remaining).toBeGreaterThanOrEqual(995)
    expect(limiter.peek().remaining).toBeLessThanOrEqual(1_001)
  })
})

it('waits long enough in floating point, and not at all where nothing is to be waited for', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.double({ min: 0, max: 1e9, noNaN: true }), (nowMs, untilMs) => {
      const ms = waitMs(nowMs, untilMs)
      expect(nowMs + ms).toBeGreaterThanOrEqual(Math.max(nowMs, untilMs))
      expect(ms).toBeLessThanOrEqual(Math.max(0, untilMs - nowMs) + untilMs * Number.EPSILON)
    }),
    { numRuns: 2_000 },
  )
  expect([waitMs(5, 5), waitMs(5, 4), waitMs(5, 7)]).toEqual([0, 0, 2])
})
