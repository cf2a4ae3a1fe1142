import { FakeClock, ScriptedRandom } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { withDeadline } from '../deadline.js'
import { RateLimitError, TimeoutError } from '../errors.js'
import { type Call, CallContext } from '../policy.js'
import { Timeout } from '../timeout/timeout.js'
import { MetricsCollector } from '../metrics/metrics-collector.js'
import type { RetryOptions } from './options.js'
import { RetryBudget } from './retry-budget.js'
import { RetryPolicy } from './retry-policy.js'

const steady = { backoff: 'fixed', baseDelay: 100, jitter: 'none' } as const
const down = new Error('down')
const failing = () => Promise.reject(down)

describe('the deadline', () => {
  /** Runs `call` within 250 ms, for all attempts and pauses together. */
  async function within(options: RetryOptions, call: Call<unknown> = failing) {
    const clock = new FakeClock()
    const retry = new RetryPolicy({ ...steady, ...options }, clock, new ScriptedRandom())
    let endedAt: number | undefined
    const made = vi.fn(call)
    const outcome = new Timeout(250, clock)
      .execute((context) => retry.execute(made, context))
      .catch((error: unknown) => error)
      .finally(() => (endedAt = clock.now()))
    await clock.advance(1_000)
    expect(clock.pendingTimers).toBe(0)
    return { error: await outcome, calls: made.mock.calls.length, endedAt }
  }

  it('stops at once where the next pause would outlast it, with the last failure as the cause', async () => {
    const { error, calls, endedAt } = await within({ maxAttempts: 10 })
    expect(error).toMatchObject({ code: 'RETRY_EXHAUSTED', reason: 'deadline', attempts: 3, cause: down, callRan: true })
    expect((error as Error).message).toBe('Failed after 3 attempts and the deadline is too near for another: down')
    expect([calls, endedAt]).toEqual([3, 200])
  })

  it('needs time left after the pause', async () => {
    expect(await within({ baseDelay: 250 })).toMatchObject({ error: { reason: 'deadline' }, calls: 1, endedAt: 0 })
    expect(await within({ baseDelay: 249 })).toMatchObject({ error: { reason: 'deadline' }, calls: 2, endedAt: 249 })
  })

  it('counts what the target asks to wait', async () => {
    expect(await within({}, () => Promise.reject(new RateLimitError(300)))).toMatchObject({ error: { reason: 'deadline' }, endedAt: 0 })
  })

  it('costs no token', async () => {
    const budget = new RetryBudget({ ratio: 0 }, new FakeClock())
    await within({ budget, baseDelay: 300 })
    expect(budget.available).toBe(100)
  })

  it('denies a claim likewise', async () => {
    const claims: boolean[] = []
    const claiming = (context: CallContext) => {
      claims.push(context.claimRetry(down))
      throw down
    }
    expect(await within({ maxAttempts: 10 }, claiming)).toMatchObject({ error: { reason: 'deadline' }, calls: 3 })
    expect(claims).toEqual([true, true, false])
  })

  it('changes nothing where there are no retries: the failure is thrown as it is', async () => {
    expect((await within({ maxAttempts: 0, baseDelay: 300 })).error).toBe(down)
  })

  it('says so only where a retry was left', async () => {
    expect(await within({ maxAttempts: 1, baseDelay: 200 })).toMatchObject({ error: { reason: 'attempts' }, endedAt: 200 })
  })

  it('is inherited by calls that get no context', async () => {
    const clock = new FakeClock()
    const retry = new RetryPolicy(steady, clock)
    await expect(withDeadline(50, () => retry.execute(failing), clock)).rejects.toMatchObject({ reason: 'deadline', attempts: 1 })
  })

  it('is not looked at while all is well', async () => {
    const looked = vi.spyOn(CallContext.prototype, 'remainingMs', 'get')
    await new RetryPolicy(steady).execute(() => 'fine')
    expect(looked).not.toHaveBeenCalled()
    looked.mockRestore()
  })
})

describe('a call that must not happen twice', () => {
  const once = async (failure: unknown, options: RetryOptions = {}) => {
    const clock = new FakeClock()
    const call = vi.fn(() => Promise.reject(failure as Error))
    const outcome = new RetryPolicy({ ...steady, ...options }, clock).execute(call, { idempotent: false }).catch((error: unknown) => error)
    await clock.advance(10_000)
    return { error: await outcome, calls: call.mock.calls.length }
  }

  it.each([
    ['a failure', down],
    ['a timeout of the attempt', new TimeoutError(5)],
    ['a reset connection', Object.assign(new Error(), { code: 'ECONNRESET' })],
  ])('is not retried after %s, which is thrown as it is', async (_, failure) => {
    expect(await once(failure)).toEqual({ error: failure, calls: 1 })
    expect(await once(failure, { retryPredicate: () => true })).toEqual({ error: failure, calls: 1 })
  })

  it.each([
    ['was turned away by an inner policy', new RateLimitError(5)],
    ['was never sent', Object.assign(new Error(), { code: 'ECONNREFUSED' })],
    ['was never sent by fetch', new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'EAI_AGAIN' }) })],
  ])('is retried where it %s', async (_, failure) => {
    expect(await once(failure)).toMatchObject({ error: { code: 'RETRY_EXHAUSTED', cause: failure }, calls: 3 })
  })

  it('can be said once for all calls that do not say otherwise', async () => {
    const policy = new RetryPolicy({ ...steady, baseDelay: 0, idempotent: false })
    let calls = 0
    const failing = () => {
      calls++
      return Promise.reject(down)
    }
    await expect(policy.execute(failing)).rejects.toBe(down)
    expect(calls).toBe(1)
    await expect(policy.execute(failing, { idempotent: true })).rejects.toMatchObject({ code: 'RETRY_EXHAUSTED' })
    expect(calls).toBeGreaterThan(2)
  })

  it('claims no retry', async () => {
    const claim = (failure: unknown) => new RetryPolicy(steady).execute((context) => context.claimRetry(failure), { idempotent: false })
    expect([await claim(down), await claim(new RateLimitError(5))]).toEqual([false, true])
  })
})

it('hands each attempt what the caller handed in', async () => {
  const options = { key: 'user-1', cost: 2 }
  expect(await new RetryPolicy().execute((context) => context.options, options)).toBe(options)
})

describe('the budget', () => {
  it('gets one deposit for a call, however many retries inside one another share it', async () => {
    const clock = new FakeClock()
    const budget = new RetryBudget({ perSecond: 0, ratio: 100 }, clock)
    const [outer, inner] = [new RetryPolicy({ ...steady, budget }, clock), new RetryPolicy({ ...steady, budget, maxAttempts: 0 }, clock)]
    await outer.execute((context) => inner.execute(() => 'fine', context))
    expect(budget.available).toBe(1)
  })

  it('of an inner retry gets none for the retries of an outer one', async () => {
    const clock = new FakeClock()
    const budget = new RetryBudget({ perSecond: 0, ratio: 100 }, clock)
    const [outer, inner] = [new RetryPolicy(steady, clock), new RetryPolicy({ ...steady, budget, maxAttempts: 0 }, clock)]
    const outcome = outer.execute((context) => inner.execute(failing, context)).catch((error: unknown) => error)
    await clock.advance(1_000)
    expect(await outcome).toMatchObject({ attempts: 3 })
    expect(budget.available).toBe(1)
  })
})

it('describes itself', () => {
  const describing = (options: RetryOptions) => new RetryPolicy({ baseDelay: 200, ...options }).describe()
  expect(describing({ maxAttempts: 3 })).toEqual({
    policy: 'RetryPolicy',
    summary: 'retries: 3, exponential from 200 ms to 2 s, jitter full',
    attempts: 4,
    leastPausesMs: 0,
  })
  expect(describing({ maxAttempts: 1, backoff: 'fixed', jitter: false })).toMatchObject({
    summary: 'retries: 1, fixed from 200 ms to 2 s, jitter none',
    leastPausesMs: 200,
  })
  expect(describing({ maxAttempts: 3, backoff: 'linear', jitter: 'equal', budget: new RetryBudget() })).toMatchObject({
    summary: 'retries: 3, linear from 200 ms to 2 s, jitter equal, within a budget',
    leastPausesMs: 600,
  })
  expect(describing({ jitter: 'decorrelated' })).toMatchObject({
    summary: 'retries: 2, exponential from 200 ms to 2 s, jitter decorrelated',
    leastPausesMs: 400,
  })
  expect(describing({ maxAttempts: 0 })).toMatchObject({ attempts: 1, leastPausesMs: 0 })
})

describe('metrics', () => {
  it('count whole executions, with their attempts and pauses', async () => {
    const clock = new FakeClock()
    const metrics = new MetricsCollector('1m', clock)
    const retry = new RetryPolicy({ ...steady, maxAttempts: 2, metrics }, clock)
    const call = vi.fn<() => Promise<string>>().mockRejectedValueOnce(down).mockResolvedValueOnce('fine').mockRejectedValue(down)
    const outcomes = Promise.allSettled([retry.execute(call), retry.execute(call)])
    await clock.advance(1_000)
    await outcomes
    expect(metrics.getSnapshot()).toMatchObject({ totalCalls: 2, successCalls: 1, failureCalls: 1, min: 0, max: 200 })
  })
})

it('retries without pauses where the clock can set no timer, and reports that', async () => {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  class BrokenClock extends FakeClock {
    override setTimer(): never {
      throw new Error('no timers')
    }
  }
  await expect(new RetryPolicy(steady, new BrokenClock()).execute(failing)).rejects.toMatchObject({ attempts: 3, cause: down })
  expect(warning).toHaveBeenCalled()
  warning.mockRestore()
})
