import { FakeClock } from '@hazeljs/core/testing'
import { RetryBudget, RetryPolicy } from '@hazeljs/resilience'
import * as cockatiel from 'cockatiel'
import Opossum from 'opossum'
import { describe, expect, it, vi } from 'vitest'
import { down, fail, standOf } from './calls.js'
import { stopMachineTime } from './machine-time.js'

// What docs/comparison.md says of retries, shown by running it. opossum has none.

stopMachineTime()

it('opossum does not retry', async () => {
  const call = vi.fn(fail)
  await expect(new Opossum(call).fire()).rejects.toBe(down)
  expect(call).toHaveBeenCalledTimes(1)
})

describe('with the defaults', () => {
  it('ours gives up after 2 retries', async () => {
    const clock = new FakeClock()
    const call = vi.fn(fail)
    const outcome = new RetryPolicy({}, clock).execute(call).catch((error: unknown) => error)
    await clock.advance(60_000)
    expect(await outcome).toMatchObject({ code: 'RETRY_EXHAUSTED', attempts: 3 })
  })

  it('cockatiel retries without pause and without end', async () => {
    const call = vi.fn(fail)
    for (let failure = 0; failure < 100; failure++) call.mockRejectedValueOnce(down)
    call.mockImplementationOnce(() => Promise.resolve() as Promise<never>)
    const retry = cockatiel.retry(cockatiel.handleAll, {})
    const pauses = new Set<number>()
    retry.onRetry(({ delay }) => pauses.add(delay))
    const outcome = retry.execute(call)
    await vi.runAllTimersAsync()
    await outcome
    expect(call).toHaveBeenCalledTimes(101)
    expect(pauses).toEqual(new Set([0]))
  })
})

describe('an abort during a pause', () => {
  it('ends it at once here', async () => {
    const clock = new FakeClock()
    const caller = new AbortController()
    const call = vi.fn(fail)
    const outcome = new RetryPolicy({ baseDelay: '10s', maxDelay: '10s', jitter: 'none' }, clock).execute(call, { signal: caller.signal })
    outcome.catch(() => undefined)
    await clock.advance(1)
    caller.abort('gone')
    expect(await standOf(outcome)).toBe('rejected')
    expect(call).toHaveBeenCalledTimes(1)
  })

  it('does not end it in cockatiel, which even makes another attempt', async () => {
    const caller = new AbortController()
    const call = vi.fn(fail)
    const backoff = new cockatiel.ConstantBackoff(10_000)
    const outcome = cockatiel.retry(cockatiel.handleAll, { maxAttempts: 5, backoff }).execute(call, caller.signal)
    outcome.catch(() => undefined)
    await vi.advanceTimersByTimeAsync(1)
    caller.abort('gone')
    await vi.advanceTimersByTimeAsync(9_998)
    expect(await standOf(outcome)).toBe('pending')
    await vi.advanceTimersByTimeAsync(1)
    expect(await standOf(outcome)).toBe('rejected')
    expect(call).toHaveBeenCalledTimes(2)
  })
})

it('cockatiel has a generator for each of four kinds of jitter', () => {
  const { noJitterGenerator, fullJitterGenerator, halfJitterGenerator, decorrelatedJitterGenerator } = cockatiel
  const generators = [noJitterGenerator, fullJitterGenerator, halfJitterGenerator, decorrelatedJitterGenerator]
  expect(generators.map((generator) => typeof generator)).toEqual(['function', 'function', 'function', 'function'])
})

describe('a target that asks for 7 s', () => {
  const busy = Object.assign(new Error('busy'), { retryAfterMs: 7_000 })

  it('gets them here', async () => {
    const clock = new FakeClock()
    const call = vi.fn(() => Promise.reject(busy))
    new RetryPolicy({ maxAttempts: 1, baseDelay: 10 }, clock).execute(call).catch(() => undefined)
    await clock.advance(6_999)
    expect(call).toHaveBeenCalledTimes(1)
    await clock.advance(1)
    expect(call).toHaveBeenCalledTimes(2)
  })

  it('gets them in cockatiel where the user’s backoff reads them', async () => {
    const call = vi.fn(() => Promise.reject(busy))
    const exponential = new cockatiel.ExponentialBackoff({ initialDelay: 10 })
    cockatiel
      .retry(cockatiel.handleAll, { maxAttempts: 1, backoff: exponential })
      .execute(call)
      .catch(() => undefined)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(call).toHaveBeenCalledTimes(2)

    const asked = vi.fn(() => Promise.reject(busy))
    const backoff = new cockatiel.DelegateBackoff<cockatiel.IRetryBackoffContext<unknown>>(({ result }) =>
      'error' in result && 'retryAfterMs' in result.error ? Number(result.error.retryAfterMs) : 10,
    )
    cockatiel
      .retry(cockatiel.handleAll, { maxAttempts: 1, backoff })
      .execute(asked)
      .catch(() => undefined)
    await vi.advanceTimersByTimeAsync(6_999)
    expect(asked).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(asked).toHaveBeenCalledTimes(2)
  })
})

it('both can retry a result', async () => {
  const clock = new FakeClock()
  const ours = vi.fn(() => 'busy')
  const outcome = new RetryPolicy({ maxAttempts: 1, resultPredicate: (result) => result === 'busy' }, clock).execute(ours)
  await clock.advance(10_000)
  expect(await outcome).toBe('busy')
  expect(ours).toHaveBeenCalledTimes(2)

  const theirs = vi.fn(() => 'busy')
  const retry = cockatiel.retry(
    cockatiel.handleWhenResult((result) => result === 'busy'),
    { maxAttempts: 1 },
  )
  const other = retry.execute(theirs)
  await vi.advanceTimersByTimeAsync(0)
  expect(await other).toBe('busy')
  expect(theirs).toHaveBeenCalledTimes(2)
})

it('in an outage a budget keeps retries to a share of the calls; cockatiel makes them all', async () => {
  const clock = new FakeClock()
  const ours = vi.fn(fail)
  const theirs = vi.fn(fail)
  const budget = new RetryBudget({ perSecond: 0, ratio: 20 }, clock)
  const retry = new RetryPolicy({ maxAttempts: 3, baseDelay: 0, budget }, clock)
  const other = cockatiel.retry(cockatiel.handleAll, { maxAttempts: 3 })
  const outcomes = Array.from({ length: 100 }, () => [retry.execute(ours), other.execute(theirs)]).flat()
  const settled = Promise.allSettled(outcomes)
  await clock.advance(10)
  await vi.runAllTimersAsync()
  await settled
  expect(ours).toHaveBeenCalledTimes(120)
  expect(theirs).toHaveBeenCalledTimes(400)
})
