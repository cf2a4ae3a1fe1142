import { FakeClock, ScriptedRandom } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { type CallContext, rootContext } from '../policy.js'
import { Timeout } from '../timeout/timeout.js'
import { RetryBudget } from './retry-budget.js'
import { RetryPolicy } from './retry-policy.js'

const steady = { backoff: 'fixed', baseDelay: 100, jitter: 'none' } as const
const down = new Error('down')
const bug = new TypeError('bug')

/** Runs `calls` one after the other as attempts; the last one stands for all that follow. */
async function attempts(policy: RetryPolicy, clock: FakeClock, ...calls: readonly ((context: CallContext) => unknown)[]) {
  let made = 0
  const outcome = policy
    .execute((context) => {
      const call = calls[Math.min(made++, calls.length - 1)] as (context: CallContext) => unknown
      return call(context)
    })
    .catch((error: unknown) => error)
  await clock.advance(60_000)
  return { result: await outcome, made }
}

it('promises a retry and makes it', async () => {
  const clock = new FakeClock()
  const claimed: boolean[] = []
  const failing = (context: CallContext) => {
    claimed.push(context.claimRetry(down))
    throw down
  }
  const { result, made } = await attempts(new RetryPolicy({ ...steady, maxAttempts: 2 }, clock), clock, failing)
  expect(claimed).toEqual([true, true, false])
  expect(made).toBe(3)
  expect(result).toMatchObject({ code: 'RETRY_EXHAUSTED', attempts: 3 })
})

it('takes one token and draws one pause for a claim, however often it is asked', async () => {
  const clock = new FakeClock()
  const budget = new RetryBudget({ ratio: 0 }, clock)
  const random = new ScriptedRandom(0.5)
  const policy = new RetryPolicy({ baseDelay: 100, budget }, clock, random)
  const { result, made } = await attempts(
    policy,
    clock,
    (context) => {
      expect([context.claimRetry(down), context.claimRetry(down)]).toEqual([true, true])
      expect(budget.available).toBe(99)
      throw down
    },
    () => {
      expect(clock.now()).toBe(50)
      expect(budget.available).toBe(99.5)
      return 'fine'
    },
  )
  expect([result, made, random.drawn]).toEqual(['fine', 2, 1])
})

it('keeps its word though the budget is emptied before the attempt has failed', async () => {
  const clock = new FakeClock()
  const budget = new RetryBudget({ ratio: 0, perSecond: 0.1 }, clock)
  const { result } = await attempts(
    new RetryPolicy({ ...steady, budget }, clock),
    clock,
    (context) => {
      expect(context.claimRetry(down)).toBe(true)
      expect(budget.tryTake()).toBe(false)
      throw down
    },
    () => 'fine',
  )
  expect(result).toBe('fine')
})

it('keeps its word though the predicate changes its mind, in either direction', async () => {
  for (const first of [true, false]) {
    const clock = new FakeClock()
    const retryPredicate = vi.fn().mockReturnValueOnce(first).mockReturnValue(!first)
    const { result } = await attempts(
      new RetryPolicy({ ...steady, retryPredicate }, clock),
      clock,
      (context) => {
        expect(context.claimRetry(down)).toBe(first)
        throw down
      },
      () => 'fine',
    )
    expect(result).toBe(first ? 'fine' : down)
    expect(retryPredicate).toHaveBeenCalledOnce()
  }
})

it('denies what it would not retry: other failures, too long a wait, an empty budget, no retries, an aborted call', async () => {
  const clock = new FakeClock()
  const empty = new RetryBudget({ ratio: 0, perSecond: 0 }, clock)
  const claim = (policy: RetryPolicy, failure: unknown, signal?: AbortSignal) =>
    policy.execute((context) => context.claimRetry(failure), rootContext(signal))
  expect(await claim(new RetryPolicy(steady, clock), bug)).toBe(false)
  expect(await claim(new RetryPolicy(steady, clock), Object.assign(new Error(), { retryAfterMs: 60_000 }))).toBe(false)
  expect(await claim(new RetryPolicy({ ...steady, budget: empty }, clock), down)).toBe(false)
  expect(await claim(new RetryPolicy({ ...steady, maxAttempts: 0 }, clock), down)).toBe(false)
  const caller = new AbortController()
  const aborted = new RetryPolicy(steady, clock).execute(
    (context) => {
      caller.abort()
      return context.claimRetry(down)
    },
    { signal: caller.signal },
  )
  expect(await aborted).toBe(false)
})

it('decides anew, without another token, when the attempt fails with something else', async () => {
  const clock = new FakeClock()
  const budget = new RetryBudget({ ratio: 0 }, clock)
  const other = new Error('other')
  const claimsDown = (failure: unknown) => (context: CallContext) => {
    expect(context.claimRetry(down)).toBe(true)
    throw failure
  }
  const { result, made } = await attempts(new RetryPolicy({ ...steady, budget }, clock), clock, claimsDown(other), claimsDown(bug))
  expect(result).toBe(bug)
  expect(made).toBe(2)
  expect(budget.available).toBe(100)
})

it('takes no notice of claims that come when the attempt is over', async () => {
  const clock = new FakeClock()
  const budget = new RetryBudget({ ratio: 0 }, clock)
  let late: CallContext | undefined
  const { result } = await attempts(
    new RetryPolicy({ ...steady, maxAttempts: 5, budget }, clock),
    clock,
    (context) => {
      late = context
      throw down
    },
    () => {
      const before = budget.available
      expect(late?.claimRetry(new Error('late'))).toBe(false)
      expect(budget.available).toBe(before)
      return 'fine'
    },
  )
  expect(result).toBe('fine')
})

it('is passed on by contexts that other policies derive', async () => {
  const claimed = await new RetryPolicy(steady).execute((context) => context.under(context.cancellation).claimRetry(down))
  expect(claimed).toBe(true)
})

describe('without a retry', () => {
  it('promises nothing', () => {
    expect(rootContext().claimRetry(down)).toBe(false)
  })

  it('the innermost retry answers alone', async () => {
    const outer = new RetryPolicy(steady)
    const inner = new RetryPolicy({ ...steady, maxAttempts: 0 })
    expect(await outer.execute((context) => inner.execute((innermost) => innermost.claimRetry(down), context))).toBe(false)
  })
})

it('promises nothing to an attempt whose own time is over, for its failure is that', async () => {
  const clock = new FakeClock()
  const budget = new RetryBudget({ ratio: 0, perSecond: 1 }, clock)
  const retry = new RetryPolicy({ ...steady, budget, retryPredicate: (error) => error === down }, clock)
  const timeout = new Timeout(50, clock)
  const claimed: boolean[] = []
  const hanging = (context: CallContext) => {
    return new Promise<never>(() => context.cancellation.onAbort(() => claimed.push(context.claimRetry(down))))
  }
  const outcome = retry.execute((context) => timeout.execute(hanging, context)).catch((error: unknown) => error)
  await clock.advance(1_000)
  expect(await outcome).toMatchObject({ code: 'TIMEOUT' })
  expect(claimed).toEqual([false])
  expect(budget.available).toBe(10)
})
