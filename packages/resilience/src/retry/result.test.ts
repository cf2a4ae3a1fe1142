import { FakeClock } from '@hazeljs/core/testing'
import { expect, it, vi } from 'vitest'
import type { RetryExhaustedError } from '../errors.js'
import { MetricsCollector } from '../metrics/metrics-collector.js'
import { Timeout } from '../timeout/timeout.js'
import type { RetryOptions } from './options.js'
import { RetryBudget } from './retry-budget.js'
import { RetryPolicy } from './retry-policy.js'

interface Answer {
  readonly status: number
  readonly retryAfterMs?: number
}

const steady = { backoff: 'fixed', baseDelay: 100, jitter: 'none' } as const
const resultPredicate = ({ status }: Answer) => status >= 500
const busy: Answer = { status: 503 }
const fine: Answer = { status: 200 }

/** Gives each of `endings` in turn: throws an Error, resolves with an answer. */
async function run(options: RetryOptions, endings: readonly (Answer | Error)[], idempotent?: boolean) {
  const clock = new FakeClock()
  const madeAt: number[] = []
  const outcome = new RetryPolicy({ ...steady, resultPredicate, ...options }, clock)
    .execute(
      () => {
        const ending = endings[madeAt.length]
        madeAt.push(clock.now())
        if (ending instanceof Error) throw ending
        return ending
      },
      { idempotent },
    )
    .then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    )
  await clock.advance(100_000)
  expect(clock.pendingTimers).toBe(0)
  return { ...(await outcome), madeAt }
}

it('tries again after a result that is as good as a failure', async () => {
  expect(await run({}, [busy, busy, fine])).toEqual({ value: fine, madeAt: [0, 100, 200] })
  expect(await run({}, [new Error('down'), busy, fine])).toEqual({ value: fine, madeAt: [0, 100, 200] })
})

it('resolves with the last result when no retry is left, for a result is no error', async () => {
  const last: Answer = { status: 500 }
  expect(await run({ maxAttempts: 1 }, [busy, last])).toEqual({ value: last, madeAt: [0, 100] })
  expect(await run({ maxAttempts: 0 }, [busy])).toEqual({ value: busy, madeAt: [0] })
  expect(await run({ maxAttempts: 1 }, [new Error('down'), busy])).toEqual({ value: busy, madeAt: [0, 100] })
})

it('throws what the last attempt threw, whatever the first resolved with', async () => {
  const down = new Error('down')
  const { error } = (await run({ maxAttempts: 1 }, [busy, down])) as { error: RetryExhaustedError }
  expect(error).toMatchObject({ code: 'RETRY_EXHAUSTED', attempts: 2, cause: down, callRan: true })
})

it('takes an outcome for an answer: only failure tries again', async () => {
  expect((await run({ resultPredicate: () => 'failure', maxAttempts: 1 }, [fine, fine])).madeAt).toEqual([0, 100])
  expect((await run({ resultPredicate: () => 'ignored' }, [busy])).madeAt).toEqual([0])
})

it('lets the result stand where the predicate throws, and reports that', async () => {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const broken = () => {
    throw new Error('broken')
  }
  expect(await run({ resultPredicate: broken }, [busy])).toEqual({ value: busy, madeAt: [0] })
  expect(warning).toHaveBeenCalledOnce()
  warning.mockRestore()
})

it('hands onRetry an Error whose cause is the result', async () => {
  const onRetry = vi.fn()
  await run({ onRetry }, [busy, fine])
  expect(onRetry).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ cause: busy }), 1)
  expect(onRetry.mock.calls[0]?.[0]).toBeInstanceOf(Error)
})

it('takes the retryAfterMs of a result for the least pause, and stops where it is too long', async () => {
  expect((await run({}, [{ status: 503, retryAfterMs: 2_500 }, fine])).madeAt).toEqual([0, 2_500])
  const late: Answer = { status: 503, retryAfterMs: 30_001 }
  expect(await run({}, [late])).toEqual({ value: late, madeAt: [0] })
})

it('pays from the budget, and lets the result stand when it is empty', async () => {
  const budget = new RetryBudget({ ratio: 0, perSecond: 0.1 }, new FakeClock())
  expect(await run({ budget, maxAttempts: 5 }, [busy, busy])).toEqual({ value: busy, madeAt: [0, 100] })
})

it('never repeats a call that must not happen twice', async () => {
  expect(await run({}, [busy], false)).toEqual({ value: busy, madeAt: [0] })
})

it('begins no pause that outlasts the deadline', async () => {
  const clock = new FakeClock()
  const retry = new RetryPolicy({ ...steady, resultPredicate }, clock)
  expect(await new Timeout(100, clock).execute((context) => retry.execute(() => busy, context))).toBe(busy)
})

it('ends the pause after a result when the caller leaves', async () => {
  const clock = new FakeClock()
  const caller = new AbortController()
  const outcome = expect(
    new RetryPolicy({ ...steady, resultPredicate }, clock).execute(() => busy, { signal: caller.signal }),
  ).rejects.toBe('gone')
  await clock.advance(50)
  caller.abort('gone')
  await outcome
  expect(clock.pendingTimers).toBe(0)
})

it('counts as a failure in the metrics when it is the last', async () => {
  const metrics = new MetricsCollector()
  await run({ metrics, maxAttempts: 1 }, [busy, fine])
  await run({ metrics, maxAttempts: 1 }, [busy, busy])
  expect(metrics.getSnapshot()).toMatchObject({ successCalls: 1, failureCalls: 1 })
})
