import { ConfigError } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TokenBucketLimiter } from './token-bucket-limiter.js'

it('admits a burst of max, then as many as come back', () => {
  const clock = new FakeClock()
  const limiter = new TokenBucketLimiter({ max: 100, window: '1m' }, clock)
  for (let call = 0; call < 100; call++) expect(limiter.tryAcquire()).toBe(true)
  expect(limiter.tryAcquire()).toBe(false)
  expect(limiter.getRetryAfterMs()).toBe(600)
  clock.jump(599)
  expect(limiter.tryAcquire()).toBe(false)
  clock.jump(1)
  expect(limiter.tryAcquire()).toBe(true)
  expect(limiter.tryAcquire()).toBe(false)
})

it('refills refillRate tokens a second', () => {
  const clock = new FakeClock()
  const limiter = new TokenBucketLimiter({ max: 2, window: '1m', refillRate: 5 }, clock)
  expect([limiter.tryAcquire(), limiter.tryAcquire(), limiter.tryAcquire()]).toEqual([true, true, false])
  expect(limiter.getRetryAfterMs()).toBe(200)
})

it('does not save up more than max', () => {
  const clock = new FakeClock()
  const limiter = new TokenBucketLimiter({ max: 3, window: '1s' }, clock)
  clock.jump(3_600_000)
  expect([1, 2, 3, 4].map(() => limiter.tryAcquire())).toEqual([true, true, true, false])
})

it('admits a whole burst where a token takes no round time, however large the burst and late the hour', () => {
  const limiter = new TokenBucketLimiter({ max: 300_000, window: 100_001 }, new FakeClock(31_536_000_000.7))
  let admitted = 0
  while (limiter.tryAcquire()) admitted++
  expect(admitted).toBe(300_000)
})

it('tells what is left, and when all is back', () => {
  const clock = new FakeClock()
  const limiter = new TokenBucketLimiter({ max: 10, window: '1s' }, clock)
  expect(limiter.peek()).toEqual({ limit: 10, remaining: 10, resetMs: 0 })
  limiter.tryAcquire({ cost: 4 })
  expect(limiter.peek()).toEqual({ limit: 10, remaining: 6, resetMs: 400 })
  clock.jump(150)
  expect(limiter.peek()).toEqual({ limit: 10, remaining: 7, resetMs: 250 })
  expect(limiter.tryAcquire({ cost: 8 })).toBe(false)
  expect(limiter.getRetryAfterMs({ cost: 8 })).toBe(50)
})

it.each([[0], [11], [1.5], [Number.NaN], [-1]])('refuses a cost of %s, which no waiting can admit', (cost) => {
  const limiter = new TokenBucketLimiter({ max: 10, window: '1s' })
  expect(() => limiter.tryAcquire({ cost })).toThrow(ConfigError)
  expect(() => limiter.getRetryAfterMs({ cost })).toThrow(ConfigError)
})

const arrival = fc.record({
  gapMs: fc.oneof(fc.nat(20), fc.double({ min: 0, max: 500, noNaN: true })),
  cost: fc.integer({ min: 1, max: 5 }),
  key: fc.constantFrom('a', 'b', undefined),
})

it('admits at most max and what comes back, in any time, and waiting as long as it says suffices', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 5, max: 20 }),
      fc.integer({ min: 1, max: 5_000 }),
      fc.array(arrival, { maxLength: 80 }),
      (max, window, arrivals) => {
        const clock = new FakeClock(0.123)
        const limiter = new TokenBucketLimiter({ max, window }, clock)
        const admitted: { readonly atMs: number; readonly cost: number; readonly key: string | undefined }[] = []
        for (const { gapMs, ...request } of arrivals) {
          const { key, cost } = request
          clock.jump(gapMs)
          const waitMs = limiter.getRetryAfterMs(request)
          const { remaining } = limiter.peek(request)
          const taken = limiter.tryAcquire(request)
          expect(waitMs === 0).toBe(taken)
          expect(remaining >= cost).toBe(taken)
          if (!taken) {
            clock.jump(waitMs * 0.99)
            if (waitMs > 0.01) expect(limiter.tryAcquire(request)).toBe(false)
            clock.jump(limiter.getRetryAfterMs(request))
            expect(limiter.tryAcquire(request)).toBe(true)
          }
          admitted.push({ atMs: clock.now(), cost, key })
          let sum = 0
          for (const { atMs, cost: paid } of admitted.filter((one) => one.key === key).reverse()) {
            sum += paid
            expect(sum).toBeLessThanOrEqual(max + ((clock.now() - atMs) * max) / window + 1e-6)
          }
        }
      },
    ),
  )
})
