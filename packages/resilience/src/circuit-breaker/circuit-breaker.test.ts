import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { BulkheadError, CircuitBreakerError, TimeoutError } from '../errors.js'
import { rootContext } from '../policy.js'
import { CircuitBreaker } from './circuit-breaker.js'
import { CircuitState } from './circuit-state.js'

const fail = () => Promise.reject(new Error('down'))
const succeed = () => Promise.resolve('fine')

async function failTimes(breaker: CircuitBreaker, times: number): Promise<void> {
  for (let call = 0; call < times; call++) await breaker.execute(fail).catch(() => undefined)
}

async function succeedTimes(breaker: CircuitBreaker, times: number): Promise<void> {
  for (let call = 0; call < times; call++) await breaker.execute(succeed)
}

describe('opening', () => {
  it('opens at failureThreshold failures in the window, and rejects without calling', async () => {
    const breaker = new CircuitBreaker({ failureThreshold: 3, resetTimeout: 10_000 }, new FakeClock())
    await succeedTimes(breaker, 1)
    await failTimes(breaker, 2)
    expect(breaker.isClosed()).toBe(true)
    await failTimes(breaker, 1)
    expect(breaker.isOpen()).toBe(true)

    const call = vi.fn(succeed)
    const rejection: unknown = await breaker.execute(call).catch((error: unknown) => error)
    expect(rejection).toBeInstanceOf(CircuitBreakerError)
    expect(rejection).toMatchObject({ code: 'CIRCUIT_OPEN', state: 'OPEN', retryAfterMs: 10_000, callRan: false })
    expect(call).not.toHaveBeenCalled()
    expect(breaker.getMetrics()).toMatchObject({
      state: 'OPEN',
      totalCalls: 4,
      failureCalls: 3,
      successCalls: 1,
      failureRate: 75,
      rejectedCalls: 1,
    })
  })

  it('counts failures in the window only', async () => {
    const breaker = new CircuitBreaker({ failureThreshold: 2, slidingWindow: { type: 'count', size: 3 } })
    for (let round = 0; round < 5; round++) {
      await failTimes(breaker, 1)
      await succeedTimes(breaker, 2)
    }
    expect(breaker.isClosed()).toBe(true)
  })

  it('opens by default at half of at least 20 calls failing', async () => {
    const breaker = new CircuitBreaker()
    await succeedTimes(breaker, 9)
    await failTimes(breaker, 10)
    expect(breaker.isClosed()).toBe(true)
    await succeedTimes(breaker, 1)
    expect(breaker.isOpen()).toBe(true)
  })

  it('leaves the rate out where only a number of failures is given', async () => {
    const breaker = new CircuitBreaker({ failureThreshold: 30 })
    await failTimes(breaker, 29)
    expect(breaker.isClosed()).toBe(true)
    await failTimes(breaker, 1)
    expect(breaker.isOpen()).toBe(true)
  })

  it('opens when calls are slow, though they succeed', async () => {
    const clock = new FakeClock()
    const breaker = new CircuitBreaker({ slowCallDuration: '1s', slowCallRateThreshold: 50, minimumCalls: 4 }, clock)
    const take = (ms: number) =>
      breaker.execute(() => {
        clock.jump(ms)
        return 'late'
      })
    await take(1_000)
    await take(0)
    await take(1_001)
    expect(breaker.isClosed()).toBe(true)
    await take(1_001)
    expect(breaker.isOpen()).toBe(true)
    expect(breaker.getMetrics()).toMatchObject({ slowCalls: 2, slowCallRate: 50, failureCalls: 0 })
  })

  it('does not trip on failures that left a time window long ago (cockatiel issue 64)', async () => {
    const clock = new FakeClock()
    const breaker = new CircuitBreaker({ failureThreshold: 10, slidingWindow: { type: 'time', size: '10s' } }, clock)
    await failTimes(breaker, 9)
    clock.jump(3_600_000)
    await failTimes(breaker, 2)
    expect(breaker.isClosed()).toBe(true)
    expect(breaker.getFailureCount()).toBe(2)
  })
})

describe('outcomes', () => {
  it('ignores errors that failurePredicate refuses, and counts outcomes it names', async () => {
    const verdicts: Record<string, boolean | 'success' | 'ignored'> = { refused: false, counted: true, good: 'success', nothing: 'ignored' }
    const breaker = new CircuitBreaker({ failureThreshold: 5, failurePredicate: (error) => verdicts[error.message] ?? true })
    for (const message of Object.keys(verdicts)) await breaker.execute(() => Promise.reject(new Error(message))).catch(() => undefined)
    expect(breaker.getMetrics()).toMatchObject({ totalCalls: 2, failureCalls: 1, successCalls: 1 })
  })

  it('judges results: true is a failure, false a success, and any outcome by name', async () => {
    const breaker = new CircuitBreaker({
      failureThreshold: 5,
      resultPredicate: (status: number | 'gone') => (status === 'gone' ? 'ignored' : status >= 500),
    })
    expect(await breaker.execute(() => 503 as const)).toBe(503)
    await breaker.execute(() => 200)
    await breaker.execute(() => 'gone')
    expect(breaker.getMetrics()).toMatchObject({ totalCalls: 2, failureCalls: 1 })
  })

  it('does not count a caller who left, nor calls that an inner policy kept from running', async () => {
    const breaker = new CircuitBreaker({ failureThreshold: 1 })
    const caller = new AbortController()
    const left = breaker.execute(
      ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('socket closed')))),
      {
        signal: caller.signal,
      },
    )
    caller.abort(new Error('the caller left'))
    await expect(left).rejects.toThrow('socket closed')
    await expect(breaker.execute(() => Promise.reject(new DOMException('stopped', 'AbortError')))).rejects.toThrow('stopped')
    await expect(breaker.execute(() => Promise.reject(new BulkheadError('full', 'full')))).rejects.toThrow('full')
    expect(breaker.getMetrics().totalCalls).toBe(0)
  })

  it('counts a call that a timeout around it ended: the target was too slow', async () => {
    const breaker = new CircuitBreaker({ failureThreshold: 1 })
    const outer = new AbortController()
    const late = breaker.execute(
      ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut')))),
      rootContext(outer.signal),
    )
    outer.abort(new TimeoutError(5_000))
    await expect(late).rejects.toThrow('cut')
    expect(breaker.isOpen()).toBe(true)
  })

  it('does not call for a caller who has left already', async () => {
    const call = vi.fn(succeed)
    await expect(new CircuitBreaker().execute(call, { signal: AbortSignal.abort('gone') })).rejects.toBe('gone')
    expect(call).not.toHaveBeenCalled()
  })

  it('aborts a call that takes longer than timeout, and counts it as failed', async () => {
    const clock = new FakeClock()
    const breaker = new CircuitBreaker({ failureThreshold: 1, timeout: '1s' }, clock)
    const outcome = expect(breaker.execute(() => new Promise(() => undefined))).rejects.toBeInstanceOf(TimeoutError)
    await clock.advance(1_000)
    await outcome
    expect(breaker.isOpen()).toBe(true)
    expect(clock.pendingTimers).toBe(0)
  })

  it('takes a call that throws at once, and one that returns no promise', async () => {
    const breaker = new CircuitBreaker({ failureThreshold: 2 })
    expect(await breaker.execute(() => 7)).toBe(7)
    await expect(
      breaker.execute(() => {
        throw new Error('at once')
      }),
    ).rejects.toThrow('at once')
    expect(breaker.getMetrics()).toMatchObject({ totalCalls: 2, failureCalls: 1 })
  })

  it('wraps thrown values that are no errors for the predicate, and rethrows them as they are', async () => {
    const seen: unknown[] = []
    const breaker = new CircuitBreaker({ failurePredicate: (error) => seen.push(error.cause) > 0 })
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- such things are thrown
    await expect(breaker.execute(() => Promise.reject('text'))).rejects.toBe('text')
    expect(seen).toEqual(['text'])
  })

  it('reports a predicate that throws, and judges as without it', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const broken = () => {
      throw new Error('broken')
    }
    const breaker = new CircuitBreaker({ failureThreshold: 9, failurePredicate: broken, resultPredicate: broken })
    await expect(breaker.execute(fail)).rejects.toThrow('down')
    expect(await breaker.execute(succeed)).toBe('fine')
    expect(breaker.getMetrics()).toMatchObject({ successCalls: 1, failureCalls: 1 })
    expect(warning).toHaveBeenCalledTimes(2)
    warning.mockRestore()
  })
})

describe('observers', () => {
  it('tells of successes, failures and changes of state', async () => {
    const clock = new FakeClock()
    const changes: string[] = []
    const events: unknown[] = []
    const breaker = new CircuitBreaker(
      { failureThreshold: 1, successThreshold: 1, resetTimeout: 100, onStateChange: (from, to) => changes.push(`${from} ${to}`) },
      clock,
    )
    breaker
      .on('success', (event) => events.push(event))
      .on('failure', (event) => events.push(event))
      .on('stateChange', (event) => events.push(event))
    await failTimes(breaker, 1)
    clock.jump(100)
    await succeedTimes(breaker, 1)
    expect(changes).toEqual(['CLOSED OPEN', 'OPEN HALF_OPEN', 'HALF_OPEN CLOSED'])
    expect(events).toEqual([
      { from: 'CLOSED', to: 'OPEN' },
      { error: new Error('down'), result: undefined },
      { from: 'OPEN', to: 'HALF_OPEN' },
      { from: 'HALF_OPEN', to: 'CLOSED' },
      { result: 'fine' },
    ])
  })

  it('cannot be hurt by them', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const breaker = new CircuitBreaker({
      failureThreshold: 1,
      onStateChange: () => {
        throw new Error('observer')
      },
    })
    breaker.on('failure', () => Promise.reject(new Error('listener')))
    await expect(breaker.execute(fail)).rejects.toThrow('down')
    expect(breaker.getState()).toBe(CircuitState.OPEN)
    await Promise.resolve()
    expect(warning).toHaveBeenCalledTimes(2)
    warning.mockRestore()
  })
})
