import { ConfigError } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { TimeoutError } from '../errors.js'
import { MetricsCollector } from '../metrics/metrics-collector.js'
import type { CallContext } from '../policy.js'
import { Timeout, timeoutProblems, type TimeoutOptions, withTimeout } from './timeout.js'

const never = () => new Promise<never>(() => undefined)

/** A call that ends when its context is aborted, as a well-behaved one does. */
const listening = ({ cancellation }: CallContext) => new Promise<never>((_, reject) => cancellation.onAbort((reason) => reject(reason)))

describe('a call that takes too long', () => {
  it('is rejected and aborted with the same TimeoutError', async () => {
    const clock = new FakeClock()
    let reason: unknown
    const outcome = new Timeout('1s', clock)
      .execute((context) => {
        context.cancellation.onAbort((given) => (reason = given))
        return never()
      })
      .catch((error: unknown) => error)
    await clock.advance(999)
    expect(reason).toBeUndefined()
    await clock.advance(1)
    const error = await outcome
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({
      code: 'TIMEOUT',
      timeoutMs: 1_000,
      callRan: true,
      message: 'The call took longer than 1000 ms',
      name: 'TimeoutError',
    })
    expect(reason).toBe(error)
  })

  it('aborts the signal that it read', async () => {
    const clock = new FakeClock()
    let signal: AbortSignal | undefined
    const outcome = new Timeout(100, clock).execute((context) => {
      signal = context.signal
      return never()
    })
    const rejected = expect(outcome).rejects.toBeInstanceOf(TimeoutError)
    await clock.advance(100)
    await rejected
    expect(signal?.reason).toBeInstanceOf(TimeoutError)
  })

  it('changes nothing by what it does later', async () => {
    const clock = new FakeClock()
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const outcome = new Timeout(100, clock).execute(
      () =>
        new Promise((_, reject) => {
          clock.setTimer(() => reject(new Error('late')), 200)
        }),
    )
    const rejected = expect(outcome).rejects.toBeInstanceOf(TimeoutError)
    await clock.advance(500)
    await rejected
    expect(unhandled).not.toHaveBeenCalled()
    process.off('unhandledRejection', unhandled)
  })

  it('says what message says', async () => {
    const clock = new FakeClock()
    const rejected = expect(new Timeout({ duration: 5, message: 'too slow' }, clock).execute(never)).rejects.toThrow('too slow')
    await clock.advance(5)
    await rejected
  })
})

describe('a call in time', () => {
  it.each([
    ['resolves', () => Promise.resolve('fine')],
    ['returns', () => 'fine'],
    ['returns a thenable', () => ({ then: (resolve: (value: string) => void) => resolve('fine') }) as PromiseLike<string>],
  ])('%s, and leaves no timer', async (_, call) => {
    const clock = new FakeClock()
    expect(await new Timeout(100, clock).execute(call)).toBe('fine')
    expect(clock.pendingTimers).toBe(0)
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('down'))],
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    [
      'returns a thenable that throws',
      () => ({
        then: () => {
          throw new Error('down')
        },
      }),
    ],
    [
      'returns a thenable that cannot be read',
      () => ({
        get then() {
          throw new Error('down')
        },
      }),
    ],
  ])('%s, and leaves no timer', async (_, call) => {
    const clock = new FakeClock()
    await expect(new Timeout(100, clock).execute<unknown>(call)).rejects.toThrow('down')
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('the caller', () => {
  it('aborts the call too', async () => {
    const clock = new FakeClock()
    const caller = new AbortController()
    const rejected = expect(new Timeout(100, clock).execute(listening, { signal: caller.signal })).rejects.toBe('gone')
    caller.abort('gone')
    await rejected
    expect(clock.pendingTimers).toBe(0)
  })

  it('who left already is not served', async () => {
    const call = vi.fn()
    await expect(new Timeout(100).execute(call, { signal: AbortSignal.abort('gone') })).rejects.toBe('gone')
    expect(call).not.toHaveBeenCalled()
  })

  it('keeps no listener of a call that has settled, or has timed out', async () => {
    const clock = new FakeClock()
    const caller = new AbortController()
    const added = vi.spyOn(caller.signal, 'addEventListener')
    const removed = vi.spyOn(caller.signal, 'removeEventListener')
    const timeout = new Timeout(100, clock)
    const read = ({ signal }: CallContext) => Promise.resolve(signal.aborted)
    await timeout.execute(read, { signal: caller.signal })
    const late = expect(timeout.execute(listening, { signal: caller.signal })).rejects.toBeInstanceOf(TimeoutError)
    await clock.advance(100)
    await late
    expect(added).toHaveBeenCalledTimes(2)
    expect(removed).toHaveBeenCalledTimes(2)
  })

  it('gets no signal that nobody asked for', async () => {
    const controller = vi.spyOn(globalThis, 'AbortController')
    await new Timeout(100).execute(() => 'fine')
    expect(controller).not.toHaveBeenCalled()
    controller.mockRestore()
  })
})

describe('metrics', () => {
  it('are told of each execution', async () => {
    const clock = new FakeClock()
    const metrics = new MetricsCollector('1m', clock)
    const timeout = new Timeout({ duration: 100, metrics }, clock)
    const slow = expect(timeout.execute(never)).rejects.toBeInstanceOf(TimeoutError)
    const good = timeout.execute(() => clock.sleep(40))
    await clock.advance(100)
    await Promise.all([slow, good])
    await expect(timeout.execute(() => Promise.reject(new Error('down')))).rejects.toThrow('down')
    expect(metrics.getSnapshot()).toMatchObject({ totalCalls: 3, successCalls: 1, failureCalls: 2, min: 0, max: 100 })
  })

  it('are not told of callers that left', async () => {
    const metrics = new MetricsCollector()
    const timeout = new Timeout({ duration: 100, metrics })
    await expect(timeout.execute(never, { signal: AbortSignal.abort('gone') })).rejects.toBe('gone')
    const caller = new AbortController()
    const left = expect(timeout.execute(listening, { signal: caller.signal })).rejects.toBe('gone')
    caller.abort('gone')
    await left
    expect(metrics.getSnapshot().totalCalls).toBe(0)
  })
})

it('describes itself', () => {
  expect(new Timeout('2s').describe()).toEqual({ policy: 'Timeout', summary: '2 s', timeoutMs: 2_000 })
  expect(new Timeout({ duration: 50, propagate: true }).describe().summary).toBe('50 ms, also for calls made inside')
})

it('withTimeout does the same for one call', async () => {
  expect(await withTimeout(() => 'fine', 50)).toBe('fine')
  await expect(withTimeout(never, 1, 'took too long')).rejects.toThrow('took too long')
})

it.each([[0], [-1], [Number.NaN], [Infinity], ['soon'], [2_147_483_648]])('refuses %s as a duration', (duration) => {
  expect(() => new Timeout(duration)).toThrow(ConfigError)
  expect(() => new Timeout({ duration })).toThrow(ConfigError)
})

it('lists what is wrong', () => {
  expect(timeoutProblems(JSON.parse('{ "message": 5, "ms": 1, "metrics": {} }') as TimeoutOptions)).toEqual([
    expect.objectContaining({ path: 'ms' }),
    expect.objectContaining({ path: 'message' }),
    { path: 'duration', message: 'is required' },
    { path: 'metrics', message: 'expected a MetricsCollector, got an object' },
  ])
  expect(timeoutProblems(100)).toEqual([])
})
