import { FakeClock } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RateLimitError } from '../errors.js'
import type { RateLimitStrategy } from './options.js'
import { RateLimiter } from './rate-limiter.js'

const maxWait = 400

interface Setting {
  readonly strategy: RateLimitStrategy
  readonly max: number
  readonly window: number
}

const arrival = fc.record({
  gapMs: fc.oneof(fc.nat(30), fc.double({ min: 0, max: 200, noNaN: true })),
  cost: fc.integer({ min: 1, max: 4 }),
  key: fc.constantFrom('a', 'b', undefined),
  abortAfterMs: fc.option(fc.nat(300), { freq: 4 }),
})
type Arrival = typeof arrival extends fc.Arbitrary<infer A> ? A : never

const setting: fc.Arbitrary<Setting> = fc.record({
  strategy: fc.constantFrom<RateLimitStrategy>('token-bucket', 'sliding-window'),
  max: fc.integer({ min: 4, max: 12 }),
  window: fc.integer({ min: 1, max: 1_000 }),
})

interface Admission {
  readonly number: number
  readonly key: string | undefined
  readonly cost: number
  readonly arrivedMs: number
  readonly atMs: number
}

interface Run {
  readonly clock: FakeClock
  readonly limiter: RateLimiter
  readonly admitted: Admission[]
  /** Of the first call that was rejected. */
  readonly rejected: { readonly arrival: Arrival; readonly retryAfterMs: number } | undefined
}

/** `move` brings the clock to the next arrival. */
async function run(
  options: Setting,
  arrivals: readonly Arrival[],
  move: (clock: FakeClock, ms: number) => Promise<void>,
  untilRejected = false,
): Promise<Run> {
  const clock = new FakeClock(0.77)
  const limiter = new RateLimiter({ ...options, maxWait }, clock)
  const admitted: Admission[] = []
  let rejected: Run['rejected']
  for (const [number, one] of arrivals.entries()) {
    const { gapMs, cost, key, abortAfterMs } = one
    await move(clock, gapMs)
    const arrivedMs = clock.now()
    const caller = new AbortController()
    if (abortAfterMs !== null) clock.setTimer(() => caller.abort(), abortAfterMs)
    limiter
      .execute(() => admitted.push({ number, key, cost, arrivedMs, atMs: clock.now() }), { key, cost, signal: caller.signal })
      .catch((error: unknown) => {
        if (error instanceof RateLimitError) rejected ??= { arrival: one, retryAfterMs: error.retryAfterMs }
      })
    await clock.advance(0)
    if (untilRejected && rejected !== undefined) break
  }
  return { clock, limiter, admitted, rejected }
}

const onTime = (clock: FakeClock, ms: number) => clock.advance(ms)

function expectWithinLimit({ strategy, max, window }: Setting, admitted: readonly Admission[]): void {
  for (const last of admitted) {
    let sum = 0
    for (const one of admitted.filter(({ key, number }) => key === last.key && number <= last.number).reverse()) {
      const agoMs = last.atMs - one.atMs
      if (strategy === 'sliding-window' && one.atMs + window <= last.atMs) break
      sum += one.cost
      expect(sum).toBeLessThanOrEqual(strategy === 'sliding-window' ? max : max + (agoMs * max) / window + 1e-6)
    }
  }
}

describe('calls that wait for their turn', () => {
  it('keep to the limit and to the order of each key, wait no longer than maxWait, and leave no timer', async () => {
    await fc.assert(
      fc.asyncProperty(setting, fc.array(arrival, { maxLength: 40 }), async (options, arrivals) => {
        const { clock, admitted } = await run(options, arrivals, onTime)
        await clock.advance(maxWait)
        expectWithinLimit(options, admitted)
        for (const key of ['a', 'b', undefined]) {
          const numbers = admitted.filter((one) => one.key === key).map(({ number }) => number)
          expect(numbers).toEqual(numbers.toSorted((one, other) => one - other))
        }
        for (const { arrivedMs, atMs } of admitted) expect(atMs - arrivedMs).toBeLessThanOrEqual(maxWait + 1e-6)
        expect(clock.pendingTimers).toBe(0)
      }),
      { numRuns: 100 },
    )
  })

  it('keep to the limit where timers come late', async () => {
    const late = async (clock: FakeClock, ms: number) => {
      clock.jump(ms)
      if (ms > 20) await clock.advance(0)
    }
    await fc.assert(
      fc.asyncProperty(setting, fc.array(arrival, { maxLength: 40 }), async (options, arrivals) => {
        const { clock, admitted } = await run(options, arrivals, late)
        clock.jump(70)
        await clock.advance(10 * maxWait)
        expectWithinLimit(options, admitted)
        expect(clock.pendingTimers).toBe(0)
      }),
      { numRuns: 50 },
    )
  })

  it('are rejected only where waiting does not help, and waiting as long as they are told suffices', async () => {
    await fc.assert(
      fc.asyncProperty(setting, fc.array(arrival, { minLength: 10, maxLength: 40 }), async (options, arrivals) => {
        const staying = arrivals.map((one) => ({ ...one, abortAfterMs: null }))
        const { clock, limiter, rejected } = await run(options, staying, onTime, true)
        if (rejected === undefined) return
        const { arrival: request, retryAfterMs } = rejected
        expect(retryAfterMs).toBeGreaterThan(maxWait)
        await clock.advance(retryAfterMs * 0.999)
        expect(limiter.tryAcquire(request)).toBe(false)
        await clock.advance(limiter.getRetryAfterMs(request))
        expect(limiter.tryAcquire(request)).toBe(true)
        expect(clock.now()).toBeLessThanOrEqual(0.77 + staying.reduce((sum, { gapMs }) => sum + gapMs, 0) + retryAfterMs + 1e-6)
      }),
      { numRuns: 100 },
    )
  })
})
