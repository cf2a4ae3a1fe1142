import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { expect, it } from 'vitest'
import { Hedge } from './hedge.js'

/** Makes `calls` calls, one after the other, each of whose copies takes what `latency` gives. */
async function use(hedge: Hedge, clock: FakeClock, calls: number, latency: () => number) {
  for (let call = 0; call < calls; call++) {
    const outcome = hedge
      .execute(({ cancellation }) => {
        const ms = latency()
        return new Promise<void>((resolve, reject) => {
          const timer = clock.setTimer(() => (ms < 0 ? reject(new Error('down')) : resolve()), Math.abs(ms))
          cancellation.onAbort((reason) => {
            clock.clearTimer(timer)
            reject(reason)
          })
        })
      })
      .catch(() => 'failed')
    await clock.advance(10_000)
    await outcome
  }
}

it('makes no hedge before 50 successes were timed', async () => {
  const clock = new FakeClock()
  const hedge = new Hedge({}, clock)
  await use(hedge, clock, 49, () => 100)
  await use(hedge, clock, 20, () => -100) // failures do not count
  await use(hedge, clock, 1, () => 9_000)
  expect(hedge.getMetrics()).toMatchObject({ calls: 70, hedges: 0 })
  expect(hedge.getMetrics().delayMs).toBeCloseTo(100, -1)
  await use(hedge, clock, 1, () => 9_000)
  expect(hedge.getMetrics()).toMatchObject({ hedges: 1 })
  expect(clock.pendingTimers).toBe(0)
})

it('follows the times of the target, either way', async () => {
  const clock = new FakeClock()
  const hedge = new Hedge({ minSamples: 10, quantile: 50 }, clock)
  const delayAfter = async (calls: number, ms: number) => {
    await use(hedge, clock, calls, () => ms)
    return hedge.getMetrics().delayMs
  }
  expect(await delayAfter(10, 100)).toBeCloseTo(100, -1)
  expect(await delayAfter(1_000, 400)).toBeCloseTo(400, -1)
  expect(await delayAfter(1_000, 20)).toBeCloseTo(20, 0)
})

it('keeps hedging five calls of a hundred where the slow ones are very slow, and cuts their time', async () => {
  const clock = new FakeClock()
  const random = new SeededRandom(7)
  const hedge = new Hedge({}, clock)
  const latency = () => (random.next() < 0.05 ? 2_000 : 0) + 50 + random.next() * 100
  await use(hedge, clock, 1_000, latency)
  const before = hedge.getMetrics()
  await use(hedge, clock, 2_000, latency)
  const { hedges, won } = hedge.getMetrics()
  expect((hedges - before.hedges) / 2_000).toBeGreaterThan(0.03)
  expect((hedges - before.hedges) / 2_000).toBeLessThan(0.08)
  expect((won - before.won) / (hedges - before.hedges)).toBeGreaterThan(0.5)
})
