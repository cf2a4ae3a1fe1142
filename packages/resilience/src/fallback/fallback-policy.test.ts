import { ConfigError } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { CircuitBreaker } from '../circuit-breaker/circuit-breaker.js'
import { compose } from '../compose.js'
import { TimeoutError } from '../errors.js'
import { MetricsCollector } from '../metrics/metrics-collector.js'
import { rootContext } from '../policy.js'
import { Timeout } from '../timeout/timeout.js'
import { FallbackPolicy } from './fallback-policy.js'

const down = new Error('down')
const failing = () => Promise.reject(down)
const answered = () => 'fallback'

describe('a call that succeeds', () => {
  it('is its own answer', async () => {
    const handler = vi.fn(answered)
    await expect(new FallbackPolicy(handler).execute(() => 'result')).resolves.toBe('result')
    expect(handler).not.toHaveBeenCalled()
  })
})

describe('a call that fails', () => {
  it.each([
    ['rejects', failing],
    [
      'throws',
      () => {
        throw down
      },
    ],
  ])('is answered where it %s', async (_, call) => {
    await expect(new FallbackPolicy(answered).execute(call)).resolves.toBe('fallback')
    await expect(new FallbackPolicy(async () => 'later').execute(call)).resolves.toBe('later')
  })

  it('is answered by a handler that knows the error, the arguments and how to notice that it was called off', async () => {
    const caller = new AbortController()
    const handler = vi.fn(answered)
    await new FallbackPolicy(handler).execute(failing, { args: [1, 'two'], signal: caller.signal })
    expect(handler).toHaveBeenCalledExactlyOnceWith(down, expect.objectContaining({ options: { args: [1, 'two'], signal: caller.signal } }))
  })

  it('is told to an observer first, whose fault changes nothing', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const onFallback = vi.fn(() => {
      throw new Error('observer')
    })
    await expect(new FallbackPolicy(answered, { onFallback }).execute(failing)).resolves.toBe('fallback')
    expect(onFallback).toHaveBeenCalledExactlyOnceWith(down)
    expect(warned).toHaveBeenCalledExactlyOnceWith('onFallback threw: observer', expect.anything())
    warned.mockRestore()
  })

  it('wraps what is thrown and no error', async () => {
    const handler = vi.fn(answered)
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- functions of others do
    await new FallbackPolicy(handler).execute(() => Promise.reject('text'))
    expect(handler).toHaveBeenCalledWith(expect.objectContaining({ cause: 'text' }), expect.anything())
  })

  it('is answered where an inner policy gave it up', async () => {
    const breaker = new CircuitBreaker()
    breaker.isolate()
    const policy = new FallbackPolicy((error) => error.message)
    await expect(policy.execute((context) => breaker.execute(() => 'result', context))).resolves.toBe('The circuit is FORCED_OPEN')
  })
})

describe('a predicate', () => {
  const policy = new FallbackPolicy(answered, { fallbackPredicate: (error): error is TimeoutError => error instanceof TimeoutError })

  it('says which failures are answered', async () => {
    await expect(policy.execute(failing)).rejects.toBe(down)
    await expect(policy.execute(() => Promise.reject(new TimeoutError(5)))).resolves.toBe('fallback')
  })

  it('that throws is reported, and the failure stands', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const fallbackPredicate = () => {
      throw new Error('predicate')
    }
    await expect(new FallbackPolicy(answered, { fallbackPredicate }).execute(failing)).rejects.toBe(down)
    expect(warned).toHaveBeenCalledExactlyOnceWith('fallbackPredicate threw: predicate', expect.anything())
    warned.mockRestore()
  })

  it('that answers with a promise is reported, even where that rejects, and the failure stands', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const fallbackPredicate = (() => Promise.reject(new Error('predicate'))) as never
    await expect(new FallbackPolicy(answered, { fallbackPredicate }).execute(failing)).rejects.toBe(down)
    expect(warned).toHaveBeenCalledTimes(2)
    warned.mockRestore()
  })
})

describe('a cancellation', () => {
  it('is never answered', async () => {
    const handler = vi.fn(answered)
    const policy = new FallbackPolicy(handler, { fallbackPredicate: () => true })
    const caller = new AbortController()
    const outcome = policy.execute(({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(down))), {
      signal: caller.signal,
    })
    caller.abort('gone')
    await expect(outcome).rejects.toBe(down)
    await expect(policy.execute(() => Promise.reject(new DOMException('left', 'AbortError')))).rejects.toThrow('left')
    await expect(policy.execute(() => 'result', rootContext(AbortSignal.abort('before')))).rejects.toBe('before')
    expect(handler).not.toHaveBeenCalled()
  })
})

describe('a handler that fails', () => {
  const executed = async (failure: unknown) => {
    const handler = () => {
      throw failure
    }
    return new FallbackPolicy(handler).execute(failing).catch((error: unknown) => error)
  }

  it('is what the caller sees, with the failure it could not answer as its cause', async () => {
    const failure = new Error('no answer')
    expect(await executed(failure)).toBe(failure)
    expect(failure.cause).toBe(down)
    expect(Object.keys(failure)).toEqual([])
  })

  it('keeps its own cause, and what it throws on or freezes as it is', async () => {
    const caused = new Error('no answer', { cause: 'mine' })
    expect(await executed(caused)).toHaveProperty('cause', 'mine')
    expect(await executed(down)).toBe(down)
    expect(down).not.toHaveProperty('cause')
    expect(await executed(Object.freeze(new Error('frozen')))).not.toHaveProperty('cause')
    expect(await executed('text')).toBe('text')
  })
})

it('does nothing for a caller who was told already that the time is over', async () => {
  const clock = new FakeClock()
  let told = 0
  const fallback = new FallbackPolicy(() => told++, { onFallback: () => told++ }, clock)
  const call = compose(new Timeout(20, clock), fallback)
  const outcome = expect(
    call.execute(
      ({ cancellation }) =>
        new Promise((_resolve, reject) => {
          cancellation.onAbort(reject)
        }),
    ),
  ).rejects.toMatchObject({ code: 'TIMEOUT' })
  await clock.advance(20)
  await outcome
  expect(told).toBe(0)
})

it('counts an answer as a success', async () => {
  const clock = new FakeClock()
  const metrics = new MetricsCollector(1_000, clock)
  await new FallbackPolicy(answered, { metrics }, clock).execute(failing)
  await expect(new FallbackPolicy(answered, { metrics, fallbackPredicate: () => false }, clock).execute(failing)).rejects.toBe(down)
  expect(metrics.getSnapshot()).toMatchObject({ successCalls: 1, failureCalls: 1 })
})

it('describes itself', () => {
  const description = { policy: 'FallbackPolicy', summary: 'answers all failures', swallowsFailures: true }
  expect(new FallbackPolicy(answered).describe()).toEqual(description)
  expect(new FallbackPolicy(answered, { fallbackPredicate: () => true }).describe().summary).toBe(
    'answers the failures its predicate names',
  )
})

it('refuses what is no handler, and wrong options, all at once', () => {
  const create = () => new FallbackPolicy('value' as never, { fallbackPredicate: 1, onFallback: 2, handler: 3 } as never)
  expect(create).toThrow(ConfigError)
  expect(create).toThrow('FallbackPolicy has 4 problems')
  expect(create).toThrow('for a plain value, write () => value')
})
