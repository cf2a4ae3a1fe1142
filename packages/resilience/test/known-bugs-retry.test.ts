import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { type JitterKind, MetricsCollector, RetryBudget, type RetryOptions, RetryPolicy } from '@hazeljs/resilience'
import { expect, it, vi } from 'vitest'

// What went wrong in other libraries, each with its source. None of it may go wrong here.

const down = new Error('down')

/** The pauses of a policy whose every call fails, as they pass on a clock. */
async function pausesOf(options: RetryOptions, seed = 1): Promise<number[]> {
  const clock = new FakeClock()
  const madeAt: number[] = []
  const call = () => {
    madeAt.push(clock.now())
    throw down
  }
  const outcome = new RetryPolicy(options, clock, new SeededRandom(seed)).execute(call).catch((error: unknown) => error)
  await clock.advance(1e9)
  expect(await outcome).toMatchObject({ code: 'RETRY_EXHAUSTED', attempts: (options.maxAttempts ?? 2) + 1 })
  return madeAt.slice(1).map((at, index) => at - (madeAt[index] as number))
}

it('cockatiel #86, Polly #2163: no pause becomes NaN, negative or nothing after a thousand retries', async () => {
  for (const [jitter, leastMs] of [
    ['none', 100],
    ['equal', 50],
    ['decorrelated', 100],
  ] as const) {
    const pauses = await pausesOf({ maxAttempts: 1_000, baseDelay: 100, maxDelay: 1_000, jitter })
    expect(pauses).toHaveLength(1_000)
    for (const pause of pauses) expect(pause).toBeGreaterThanOrEqual(leastMs)
  }
})

it('Polly #1866: the maximum holds when the exponential growth has left all bounds', async () => {
  const pauses = await pausesOf({ maxAttempts: 1_000, baseDelay: '2s', maxDelay: '5m', jitter: 'none' })
  expect(pauses.slice(0, 4)).toEqual([2_000, 4_000, 8_000, 16_000])
  expect(new Set(pauses.slice(8))).toEqual(new Set([300_000]))
})

it('vercel/ai #7656: an abort ends a pause at once', async () => {
  const clock = new FakeClock()
  const caller = new AbortController()
  const outcome = new RetryPolicy({ baseDelay: '10s', maxDelay: '10s', jitter: 'none' }, clock)
    .execute(() => Promise.reject(down), { signal: caller.signal })
    .catch((error: unknown) => error)
  await clock.advance(1)
  caller.abort('gone')
  expect(await outcome).toBe('gone')
  expect(clock.pendingTimers).toBe(0)
})

it('sindresorhus/p-retry #97: a call that rejects with the reason of its aborted signal is not followed by a pause', async () => {
  const clock = new FakeClock()
  const caller = new AbortController()
  const outcome = new RetryPolicy({ baseDelay: '10s', maxDelay: '10s' }, clock)
    .execute(({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))), {
      signal: caller.signal,
    })
    .catch((error: unknown) => error)
  await clock.advance(1_000)
  const reason = new DOMException('took too long', 'TimeoutError')
  caller.abort(reason)
  expect(await outcome).toBe(reason)
  expect(clock.now()).toBe(1_000)
  expect(clock.pendingTimers).toBe(0)
})

it('cockatiel #81, reduxjs/redux-toolkit #5409: pauses leave no listener on a signal that lives on', async () => {
  const clock = new FakeClock()
  const { signal } = new AbortController()
  const added = vi.spyOn(signal, 'addEventListener')
  const removed = vi.spyOn(signal, 'removeEventListener')
  const outcome = new RetryPolicy({ maxAttempts: 20 }, clock).execute(() => Promise.reject(down), { signal }).catch(() => 'failed')
  await clock.advance(1e6)
  expect(await outcome).toBe('failed')
  expect(added).toHaveBeenCalledTimes(20)
  expect(removed).toHaveBeenCalledTimes(20)
})

it('nodejs/undici #4084: a Retry-After that is no number does not make the pause one of no time', async () => {
  for (const retryAfterMs of [Number.NaN, -5, '120', undefined]) {
    const clock = new FakeClock()
    const call = vi.fn(() => Promise.reject(Object.assign(new Error('busy'), { retryAfterMs })))
    const outcome = new RetryPolicy({ maxAttempts: 1, baseDelay: 100, jitter: 'none' }, clock).execute(call).catch(() => 'failed')
    await clock.advance(99)
    expect(call).toHaveBeenCalledTimes(1)
    await clock.advance(1)
    expect(call).toHaveBeenCalledTimes(2)
    expect(await outcome).toBe('failed')
  }
})

it('Polly #245: as many retries as asked for, not one more', async () => {
  for (const jitter of ['none', 'full', 'equal', 'decorrelated'] satisfies JitterKind[]) {
    expect(await pausesOf({ maxAttempts: 3, jitter })).toHaveLength(3)
  }
})

it('resilience4j #687: an execution that ends with a refused result is no success', async () => {
  const metrics = new MetricsCollector()
  const retry = new RetryPolicy({ maxAttempts: 1, baseDelay: 0, resultPredicate: (result) => result === 'refused', metrics })
  expect(await retry.execute(() => 'refused')).toBe('refused')
  expect(metrics.getSnapshot()).toMatchObject({ totalCalls: 1, failureCalls: 1 })
})

it('resilience4j #1634: who observes retries hears of those that are made, and of no other', async () => {
  const onRetry = vi.fn(() => {
    throw new Error('the observer')
  })
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  await pausesOf({ maxAttempts: 2, onRetry })
  expect(onRetry).toHaveBeenCalledTimes(2)
  expect(warning).toHaveBeenCalledTimes(2)
  warning.mockRestore()
})

it('Finagle and Envoy have budgets because of this: in an outage retries do not multiply the load', async () => {
  const clock = new FakeClock()
  const budget = new RetryBudget({ perSecond: 0 }, clock)
  const retry = new RetryPolicy({ maxAttempts: 10, baseDelay: 1, budget }, clock)
  const call = vi.fn(() => Promise.reject(down))
  for (let made = 0; made < 100; made++) {
    const outcome = retry.execute(call).catch(() => 'failed')
    await clock.advance(50)
    await outcome
  }
  expect(call.mock.calls.length).toBeLessThanOrEqual(120)
})

it('an explicit undefined does not undo a default', async () => {
  expect(await pausesOf({ maxAttempts: undefined, baseDelay: undefined, jitter: 'none' })).toEqual([100, 200])
})
