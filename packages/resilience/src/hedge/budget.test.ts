import { FakeClock } from '@hazeljs/core/testing'
import { expect, it, vi } from 'vitest'
import { RetryBudget } from '../retry/retry-budget.js'
import { RetryPolicy } from '../retry/retry-policy.js'
import { Hedge } from './hedge.js'

const steady = { backoff: 'fixed', baseDelay: 10, jitter: 'none' } as const
const delay = 100

/** A budget of which only first attempts fill: a token for each. */
const earned = (clock: FakeClock) => new RetryBudget({ perSecond: 0, ratio: 100 }, clock)

it('pays for each hedge, and gets a deposit for each call', async () => {
  const clock = new FakeClock()
  const budget = earned(clock)
  const hedge = new Hedge({ delay, budget }, clock)
  await hedge.execute(() => 'fine')
  expect(budget.available).toBe(1)
  const slow = hedge.execute(() => clock.sleep(150))
  await clock.advance(120)
  expect(budget.available).toBe(1)
  await clock.advance(1_000)
  await slow
  expect(hedge.getMetrics()).toMatchObject({ hedges: 1, suppressed: 0 })
})

it('failsafe-go #141: an empty budget suppresses the new copy, and lets those that run go on', async () => {
  const clock = new FakeClock()
  const budget = new RetryBudget({ ratio: 0, perSecond: 0.1 }, clock) // one token
  const hedge = new Hedge({ delay, maxHedges: 3, budget }, clock)
  const aborted = vi.fn()
  let made = 0
  const outcome = hedge.execute(async ({ cancellation }) => {
    const number = made++
    cancellation.onAbort(() => aborted(number))
    await clock.sleep(500 - 200 * number)
    return number
  })
  await clock.advance(1_000)
  expect(await outcome).toBe(1)
  expect(made).toBe(2)
  expect(aborted).toHaveBeenCalledExactlyOnceWith(0)
  expect(hedge.getMetrics()).toMatchObject({ hedges: 1, suppressed: 1 })
})

it('is one with the retries around or inside: one deposit for a call, a token for each retry and each hedge', async () => {
  for (const hedgeOutside of [true, false]) {
    const clock = new FakeClock()
    const budget = earned(clock)
    for (let call = 0; call < 10; call++) budget.deposit()
    const hedge = new Hedge({ delay, budget }, clock)
    const retry = new RetryPolicy({ ...steady, budget }, clock)
    const [outer, inner] = hedgeOutside ? [hedge, retry] : [retry, hedge]

    let made = 0
    const call = async () => {
      if (++made === 1) throw new Error('down') // a retry
      await clock.sleep(made === 2 ? 150 : 500) // and a hedge, that loses
      return 'fine'
    }
    const outcome = outer.execute((context) => inner.execute(call, context))
    await clock.advance(5_000)
    expect(await outcome).toBe('fine')
    expect(made).toBe(3)
    expect(budget.available).toBeCloseTo(10 + 1 - 2)
    expect(clock.pendingTimers).toBe(0)
  }
})

it('of a retry inside counts the first copy only', async () => {
  const clock = new FakeClock()
  const budget = earned(clock)
  const retry = new RetryPolicy({ ...steady, budget }, clock)
  const outcome = new Hedge({ delay }, clock).execute((context) => retry.execute(() => clock.sleep(150), context))
  await clock.advance(1_000)
  await outcome
  expect(budget.available).toBe(1)
})

it('says in the description that it is there', () => {
  expect(new Hedge({ delay, budget: new RetryBudget() }).describe().summary).toBe('1 hedge after 100 ms, within a budget')
})
