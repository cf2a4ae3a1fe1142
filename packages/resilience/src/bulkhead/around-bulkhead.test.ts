import { ConfigError } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { CircuitBreaker } from '../circuit-breaker/circuit-breaker.js'
import { compose } from '../compose.js'
import { TimeoutError } from '../errors.js'
import { MetricsCollector } from '../metrics/metrics-collector.js'
import type { Priority } from '../policy.js'
import { Timeout } from '../timeout/timeout.js'
import { Bulkhead } from './bulkhead.js'

/** A bulkhead of one place, and that taken. */
function fullBulkhead(clock: FakeClock, metrics?: MetricsCollector) {
  const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 5, metrics }, clock)
  let end: (value: string) => void = () => undefined
  const running = bulkhead.execute(() => new Promise<string>((resolve) => (end = resolve)))
  return { bulkhead, running, end }
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('a time that is over while the call waits', () => {
  it('is no failure of a target that was not called', async () => {
    const clock = new FakeClock()
    const { bulkhead } = fullBulkhead(clock)
    const breaker = new CircuitBreaker({ failureThreshold: 1 }, clock)
    const call = vi.fn()
    const outcome = compose(new Timeout(100, clock), breaker, bulkhead).execute(call)
    const rejected = expect(outcome).rejects.toBeInstanceOf(TimeoutError)
    await clock.advance(100)
    await rejected
    expect(call).not.toHaveBeenCalled()
    expect(bulkhead.getQueueLength()).toBe(0)
    expect(breaker.getMetrics()).toMatchObject({ state: 'CLOSED', totalCalls: 0 })
  })

  it.each([
    ['a timeout', new TimeoutError(100)],
    ['a signal', new DOMException('over', 'TimeoutError')],
  ])('is a rejection, whose cause is the error of %s', async (_, reason) => {
    const { bulkhead } = fullBulkhead(new FakeClock())
    const caller = new AbortController()
    const rejected = expect(bulkhead.execute(vi.fn(), { signal: caller.signal })).rejects.toMatchObject({
      code: 'BULKHEAD_FULL',
      reason: 'queue-timeout',
      callRan: false,
      cause: reason,
    })
    caller.abort(reason)
    await rejected
  })
})

it('does not begin what was called off on the way from the queue to its place', async () => {
  const { bulkhead, end } = fullBulkhead(new FakeClock())
  const caller = new AbortController()
  const call = vi.fn()
  const rejected = expect(bulkhead.execute(call, { signal: caller.signal })).rejects.toBe('gone')
  end('done')
  queueMicrotask(() => caller.abort('gone'))
  await rejected
  expect(call).not.toHaveBeenCalled()
  expect(bulkhead.getActiveCalls()).toBe(0)
})

it('learns the priority through the policies around it', async () => {
  const { bulkhead, running, end } = fullBulkhead(new FakeClock())
  const policy = compose(new CircuitBreaker(), bulkhead)
  const served: string[] = []
  const waiting = (['low', 'normal', 'high'] as const).map((priority) => policy.execute(() => served.push(priority), { priority }))
  end('done')
  await Promise.all([running, ...waiting])
  expect(served).toEqual(['high', 'normal', 'low'])
})

it.each(['urgent', 'constructor', null])('refuses the unknown priority %s, even while places are free', async (unknown) => {
  const priority = unknown as Priority
  const call = vi.fn()
  const rejection: unknown = await new Bulkhead({ maxConcurrent: 1 }).execute(call, { priority }).catch((error: unknown) => error)
  expect(rejection).toBeInstanceOf(ConfigError)
  expect(rejection).toMatchObject({ problems: [{ path: 'priority' }] })
  expect(call).not.toHaveBeenCalled()
})

it('records calls that got a place, and how long they waited for it', async () => {
  const clock = new FakeClock()
  const metrics = new MetricsCollector(60_000, clock)
  const { bulkhead, end } = fullBulkhead(clock, metrics)
  const second = bulkhead.execute(() => Promise.reject(new Error('down'))).catch(() => undefined)
  for (let call = 0; call < 4; call++) void bulkhead.execute(() => undefined)
  await expect(bulkhead.execute(() => undefined)).rejects.toThrow('All 1 places')
  await clock.advance(250)
  end('done')
  await second
  await clock.advance(0)
  expect(metrics.getSnapshot()).toMatchObject({ totalCalls: 6, failureCalls: 1, min: 250, max: 250 })
})

it('describes itself', () => {
  expect(new Bulkhead({ maxConcurrent: 3 }).describe()).toEqual({ policy: 'Bulkhead', summary: '3 at once', queueTimeoutMs: undefined })
  expect(new Bulkhead({ maxConcurrent: 3, maxQueue: 9 }).describe().summary).toBe('3 at once, 9 may wait')
  expect(new Bulkhead({ maxConcurrent: 3, maxQueue: 9, queueTimeout: '5s' }).describe()).toEqual({
    policy: 'Bulkhead',
    summary: '3 at once, 9 may wait for at most 5 s',
    queueTimeoutMs: 5_000,
  })
})

it('reports what the clock throws, and serves the queue all the same', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const clock = new FakeClock()
  const broken = () => {
    throw new Error('clock')
  }
  Object.assign(clock, { now: broken, setTimer: broken })
  const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 1, queueTimeout: 10 }, clock)
  expect(await Promise.all([bulkhead.execute(() => Promise.resolve(1)), bulkhead.execute(() => 2)])).toEqual([1, 2])
  expect(warned).toHaveBeenCalledWith('The clock threw: clock', expect.anything())
})
