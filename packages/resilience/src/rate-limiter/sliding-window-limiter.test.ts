import { FakeClock } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SlidingWindowLimiter } from './sliding-window-limiter.js'

it('admits max in a window, and each place again one window later', () => {
  const clock = new FakeClock()
  const limiter = new SlidingWindowLimiter({ max: 3, window: '1s' }, clock)
  const admitted: number[] = []
  while (clock.now() <= 2_500) {
    if (limiter.tryAcquire()) admitted.push(clock.now())
    clock.jump(100)
  }
  expect(admitted).toEqual([0, 100, 200, 1_000, 1_100, 1_200, 2_000, 2_100, 2_200])
})

it('does not admit twice max around the edge of a window, as a fixed window does', () => {
  const clock = new FakeClock(900)
  const limiter = new SlidingWindowLimiter({ max: 5, window: '1s' }, clock)
  expect(limiter.tryAcquire({ cost: 5 })).toBe(true)
  clock.jump(200)
  expect(limiter.tryAcquire()).toBe(false)
  expect(limiter.getRetryAfterMs()).toBe(800)
})

it('tells what is left, and when all is back', () => {
  const clock = new FakeClock()
  const limiter = new SlidingWindowLimiter({ max: 10, window: '1s' }, clock)
  expect(limiter.peek()).toEqual({ limit: 10, remaining: 10, resetMs: 0 })
  limiter.tryAcquire({ cost: 4 })
  clock.jump(300)
  limiter.tryAcquire({ cost: 3 })
  expect(limiter.peek()).toEqual({ limit: 10, remaining: 3, resetMs: 1_000 })
  expect(limiter.getRetryAfterMs({ cost: 7 })).toBe(700)
  expect(limiter.getRetryAfterMs({ cost: 8 })).toBe(1_000)
  clock.jump(700)
  expect(limiter.peek()).toEqual({ limit: 10, remaining: 7, resetMs: 300 })
})

describe('whatever the arrival pattern', () => {
  const arrival = fc.record({
    gapMs: fc.oneof(fc.nat(5), fc.double({ min: 0, max: 400, noNaN: true })),
    cost: fc.integer({ min: 1, max: 4 }),
    key: fc.constantFrom('a', 'b', undefined),
  })

  it('admits exactly what a list of all admissions would', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 30 }),
        fc.integer({ min: 1, max: 1_000 }),
        fc.array(arrival, { maxLength: 120 }),
        (max, window, arrivals) => {
          const clock = new FakeClock(0.77)
          const limiter = new SlidingWindowLimiter({ max, window }, clock)
          const admitted: { readonly atMs: number; readonly cost: number; readonly key: string | undefined }[] = []
          for (const { gapMs, ...request } of arrivals) {
            const { key, cost } = request
            clock.jump(gapMs)
            const used = admitted
              .filter((one) => one.key === key && one.atMs + window > clock.now())
              .reduce((sum, one) => sum + one.cost, 0)
            expect(limiter.peek(request).remaining).toBe(max - used)
            const waitMs = limiter.getRetryAfterMs(request)
            const taken = limiter.tryAcquire(request)
            expect(taken).toBe(used + cost <= max)
            expect(waitMs === 0).toBe(taken)
            if (!taken) {
              clock.jump(waitMs * 0.99)
              if (waitMs > 0.01) expect(limiter.tryAcquire(request)).toBe(false)
              clock.jump(limiter.getRetryAfterMs(request))
              expect(limiter.tryAcquire(request)).toBe(true)
            }
            admitted.push({ atMs: clock.now(), cost, key })
          }
        },
      ),
    )
  })

  it('never admits more than a large max, and misses it by no more than a thousandth of the window', () => {
    const max = 2_000
    const window = 1_000
    fc.assert(
      fc.property(
        fc.array(fc.record({ gapMs: fc.double({ min: 0, max: 20, noNaN: true }), cost: fc.integer({ min: 1, max: 400 }) }), {
          minLength: 50,
          maxLength: 300,
        }),
        (arrivals) => {
          const clock = new FakeClock()
          const limiter = new SlidingWindowLimiter({ max, window }, clock)
          const admitted: { readonly atMs: number; readonly cost: number }[] = []
          const usedWithin = (ms: number) => admitted.filter(({ atMs }) => atMs + ms > clock.now()).reduce((sum, one) => sum + one.cost, 0)
          for (const { gapMs, cost } of arrivals) {
            clock.jump(gapMs)
            if (limiter.tryAcquire({ cost })) admitted.push({ atMs: clock.now(), cost })
            else expect(usedWithin(window * 1.001) + cost).toBeGreaterThan(max)
            expect(usedWithin(window)).toBeLessThanOrEqual(max)
          }
        },
      ),
      { numRuns: 50 },
    )
  })
})
