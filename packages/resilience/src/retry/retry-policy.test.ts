import { FakeClock, ScriptedRandom } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { CircuitBreakerError, RateLimitError, RetryExhaustedError } from '../errors.js'
import { rootContext } from '../policy.js'
import type { RetryOptions } from './options.js'
import { RetryBudget } from './retry-budget.js'
import { RetryPolicy } from './retry-policy.js'

const steady = { backoff: 'fixed', baseDelay: 100, jitter: 'none' } as const

/** Runs a call that fails with each of `failures` in turn and then succeeds; tells when it was made. */
async function run(options: RetryOptions, failures: readonly unknown[], random = new ScriptedRandom()) {
  const clock = new FakeClock()
  const madeAt: number[] = []
  const outcome = new RetryPolicy(options, clock, random)
    .execute(({ attempt }) => {
      madeAt.push(clock.now())
      expect(attempt).toBe(madeAt.length)
      if (madeAt.length > failures.length) return 'fine'
      throw failures[madeAt.length - 1]
    })
    .then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    )
  await clock.advance(1_000_000)
  expect(clock.pendingTimers).toBe(0)
  return { ...(await outcome), madeAt }
}

const down = new Error('down')

it('calls once where nothing fails', async () => {
  expect(await run({}, [])).toEqual({ value: 'fine', madeAt: [0] })
})

it('makes maxAttempts retries after the first call', async () => {
  expect(await run({ ...steady, maxAttempts: 3 }, [down, down, down])).toEqual({ value: 'fine', madeAt: [0, 100, 200, 300] })
})

it('gives up with the last failure as the cause, and the number of calls made', async () => {
  const { error, madeAt } = (await run({ ...steady, maxAttempts: 2 }, [new Error('first'), new Error('second'), down, down])) as {
    error: RetryExhaustedError
    madeAt: number[]
  }
  expect(madeAt).toEqual([0, 100, 200])
  expect(error).toBeInstanceOf(RetryExhaustedError)
  expect(error).toMatchObject({ code: 'RETRY_EXHAUSTED', attempts: 3, reason: 'attempts', cause: down, lastError: down, callRan: true })
  expect(error.message).toBe('Failed after 3 attempts: down')
})

it('throws the failure as it is where there are no retries, or it is not retryable', async () => {
  expect(await run({ maxAttempts: 0 }, [down])).toMatchObject({ error: down })
  const bug = new TypeError('x is undefined')
  expect(await run(steady, [down, bug])).toEqual({ error: bug, madeAt: [0, 100] })
})

it('pauses 100 ms, then 200 ms, each with full jitter, by default', async () => {
  expect((await run({}, [down, down], new ScriptedRandom(0.5, 0.5))).madeAt).toEqual([0, 50, 150])
})

it('takes true for full jitter and false for none', async () => {
  expect((await run({ jitter: true, baseDelay: 100 }, [down], new ScriptedRandom(0.25))).madeAt).toEqual([0, 25])
  expect((await run({ jitter: false, baseDelay: 100 }, [down])).madeAt).toEqual([0, 100])
})

it('remembers the last pause for decorrelated jitter', async () => {
  expect((await run({ jitter: 'decorrelated', baseDelay: 100 }, [down, down], new ScriptedRandom(0.5, 0.5))).madeAt).toEqual([0, 200, 550])
})

it('tells of each retry before its pause, and cannot be hurt by that', async () => {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const told: string[] = []
  const onRetry = (error: Error, attempt: number) => {
    told.push(`${attempt} ${error.message}`)
    throw new Error('observer')
  }
  expect((await run({ ...steady, onRetry }, [down, 'text'])).madeAt).toEqual([0, 100, 200])
  expect(told).toEqual(['1 down', '2 a thrown value that is no Error: text'])
  expect(warning).toHaveBeenCalledTimes(2)
  warning.mockRestore()
})

describe('the predicate', () => {
  it('replaces the default', async () => {
    const bug = new TypeError('bug')
    expect((await run({ ...steady, retryPredicate: (error) => error.message === 'bug' }, [bug, down])).madeAt).toEqual([0, 100])
  })

  it('cannot make a cancellation retryable', async () => {
    const abort = new DOMException('stopped', 'AbortError')
    expect(await run({ ...steady, retryPredicate: () => true }, [abort])).toEqual({ error: abort, madeAt: [0] })
  })

  it('is reported when it throws, and the default decides', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const retryPredicate = () => {
      throw new Error('broken')
    }
    expect((await run({ ...steady, retryPredicate }, [down])).madeAt).toEqual([0, 100])
    expect(warning).toHaveBeenCalledOnce()
    warning.mockRestore()
  })

  it('is reported when it answers with a promise, even one that rejects, and the default decides', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const broken = { ...steady, retryPredicate: (() => Promise.reject(new Error('broken'))) as never }
    expect((await run({ ...broken, maxAttempts: 1 }, [new TypeError('bug')])).madeAt).toEqual([0])
    expect(warning.mock.calls.map(([message]) => message)).toEqual([
      expect.stringContaining('retryPredicate threw: expected true, false'),
      'retryPredicate threw: broken',
    ])
    warning.mockRestore()
  })
})

describe('Retry-After', () => {
  const busy = (retryAfterMs: number) => Object.assign(new Error('busy'), { retryAfterMs })

  it('is a floor for the pause', async () => {
    expect((await run(steady, [busy(2_500), busy(50)])).madeAt).toEqual([0, 2_500, 2_600])
  })

  it('stops at once when it is too long', async () => {
    const error = busy(30_001)
    expect(await run(steady, [error])).toEqual({ error, madeAt: [0] })
    expect((await run({ ...steady, maxRetryAfter: '1m' }, [error])).madeAt).toEqual([0, 30_001])
  })

  it('makes rejections of inner policies retryable', async () => {
    expect((await run(steady, [new RateLimitError(700), new CircuitBreakerError('OPEN', 5)])).madeAt).toEqual([0, 700, 800])
    const forced = new CircuitBreakerError('FORCED_OPEN')
    expect(await run(steady, [forced])).toEqual({ error: forced, madeAt: [0] })
  })

  it('says that nothing ran where only rejections came', async () => {
    const rejected = new RateLimitError(1)
    expect(await run({ ...steady, maxAttempts: 1 }, [rejected, rejected])).toMatchObject({ error: { attempts: 2, callRan: false } })
    expect(await run({ ...steady, maxAttempts: 1 }, [down, rejected])).toMatchObject({ error: { attempts: 2, callRan: true } })
  })
})

describe('an abort', () => {
  it('ends a pause at once, with its reason', async () => {
    const clock = new FakeClock()
    const caller = new AbortController()
    const call = vi.fn(() => Promise.reject(down))
    const outcome = expect(new RetryPolicy(steady, clock).execute(call, rootContext(caller.signal))).rejects.toBe('gone')
    await clock.advance(50)
    caller.abort('gone')
    await outcome
    expect(call).toHaveBeenCalledOnce()
    expect(clock.pendingTimers).toBe(0)
  })

  it('by onRetry ends the pause before it begins', async () => {
    const clock = new FakeClock()
    const caller = new AbortController()
    const call = vi.fn(() => Promise.reject(down))
    const retry = new RetryPolicy({ ...steady, onRetry: () => caller.abort('enough') }, clock)
    await expect(retry.execute(call, { signal: caller.signal })).rejects.toBe('enough')
    await clock.advance(1_000)
    expect(call).toHaveBeenCalledOnce()
    expect(clock.pendingTimers).toBe(0)
  })

  it('before the start makes no call', async () => {
    const call = vi.fn()
    await expect(new RetryPolicy().execute(call, { signal: AbortSignal.abort('gone') })).rejects.toBe('gone')
    expect(call).not.toHaveBeenCalled()
  })

  it('during a call lets its failure through, whatever the reason', async () => {
    const caller = new AbortController()
    const failing = () => {
      caller.abort(new DOMException('too late', 'TimeoutError'))
      throw down
    }
    await expect(new RetryPolicy({ retryPredicate: () => true }).execute(failing, { signal: caller.signal })).rejects.toBe(down)
  })

  it('leaves no listener behind', async () => {
    const clock = new FakeClock()
    const caller = new AbortController()
    const removed = vi.spyOn(caller.signal, 'removeEventListener')
    const calls = vi.fn().mockRejectedValueOnce(down).mockResolvedValue('fine')
    const outcome = new RetryPolicy(steady, clock).execute(calls, { signal: caller.signal })
    await clock.advance(100)
    expect(await outcome).toBe('fine')
    expect(removed).toHaveBeenCalledOnce()
  })
})

describe('the budget', () => {
  it('gets a deposit for each first attempt, and pays each retry', async () => {
    const budget = new RetryBudget({ perSecond: 1, memory: '2s' }, new FakeClock())
    expect(budget.available).toBe(2)
    await run({ ...steady, budget }, [down])
    expect(budget.available).toBeCloseTo(1.2)
  })

  it('fails with the last error when it is empty, and says so', async () => {
    const budget = new RetryBudget({ perSecond: 0.5, memory: '2s' }, new FakeClock())
    const result = await run({ ...steady, maxAttempts: 5, budget }, [down, down, down])
    expect(result.madeAt).toEqual([0, 100])
    expect(result).toMatchObject({
      error: { reason: 'budget', attempts: 2, cause: down, message: 'Failed after 2 attempts and the retry budget is empty: down' },
    })
  })
})
