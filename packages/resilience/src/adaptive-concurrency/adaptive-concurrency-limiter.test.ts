import { ConfigError } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { BulkheadError, RateLimitError, ResilienceError, TimeoutError } from '../errors.js'
import { MetricsCollector } from '../metrics/metrics-collector.js'
import type { CallOptions } from '../policy.js'
import { AdaptiveConcurrencyLimiter } from './adaptive-concurrency-limiter.js'
import { eventLoopMeter } from './event-loop.js'
import { adaptiveConcurrencyProblems, type AdaptiveConcurrencyOptions } from './options.js'

const calm = { eventLoopUtilization: () => 0 }

afterEach(() => {
  vi.restoreAllMocks()
})

/** Makes `count` calls at once, each of which ends like `end` after `ms`. */
async function callsOf(
  { limiter, clock }: { limiter: AdaptiveConcurrencyLimiter; clock: FakeClock },
  count: number,
  ms: number,
  end: () => unknown = () => 'done',
  options?: CallOptions,
): Promise<void> {
  const call = async () => {
    await clock.sleep(ms)
    return end()
  }
  for (let made = 0; made < count; made++) limiter.execute(call, options).catch(() => undefined)
  await clock.advance(ms)
}

function limiterOf(options: AdaptiveConcurrencyOptions = {}) {
  const clock = new FakeClock()
  return { clock, limiter: new AdaptiveConcurrencyLimiter({ ...calm, window: 100, minSamples: 10, ...options }, clock) }
}

it('rejects at once what is beyond the limit', async () => {
  const { clock, limiter } = limiterOf({ initialLimit: 2 })
  const running = [1, 2].map(() => limiter.execute(() => clock.sleep(10)))
  const call = vi.fn()
  const rejection: unknown = await limiter.execute(call).catch((error: unknown) => error)
  expect(rejection).toBeInstanceOf(BulkheadError)
  expect(rejection).toMatchObject({ code: 'BULKHEAD_FULL', reason: 'limit', callRan: false })
  expect((rejection as Error).message).toBe('As many calls are under way as the latency allows: 2')
  expect(call).not.toHaveBeenCalled()
  expect(limiter.getMetrics()).toMatchObject({ limit: 2, activeCalls: 2, rejectedCalls: 1, gradient: 1 })
  await clock.advance(10)
  await Promise.all(running)
  expect(limiter.getMetrics().activeCalls).toBe(0)
})

it('gives the place back however a call ends', async () => {
  const { limiter } = limiterOf({ initialLimit: 1 })
  await expect(limiter.execute(() => Promise.reject(new Error('down')))).rejects.toThrow('down')
  await expect(
    limiter.execute(() => {
      throw new Error('at once')
    }),
  ).rejects.toThrow('at once')
  await expect(limiter.execute(() => 1, { signal: AbortSignal.abort('gone') })).rejects.toBe('gone')
  expect(await limiter.execute(() => 'fine')).toBe('fine')
})

describe('the limit', () => {
  it('is adjusted once a window that has enough calls', async () => {
    const setup = limiterOf()
    await callsOf(setup, 20, 99)
    expect(setup.limiter.getMetrics()).toMatchObject({ limit: 20, latencyMs: undefined })
    await callsOf(setup, 20, 99)
    const { limit, latencyMs, baselineMs } = setup.limiter.getMetrics()
    expect(limit).toBe(20)
    expect(latencyMs).toBeGreaterThan(97)
    expect(baselineMs).toBe(latencyMs)
    for (let window = 0; window < 3; window++) await callsOf(setup, 20, 110)
    expect(setup.limiter.getMetrics().limit).toBeGreaterThan(20)
    expect(setup.clock.pendingTimers).toBe(0)
  })

  it('does not grow while less than half of it is in use', async () => {
    const setup = limiterOf()
    for (let window = 0; window < 20; window++) await callsOf(setup, 9, 60)
    expect(setup.limiter.getMetrics().limit).toBe(20)
  })

  it.each<[string, () => unknown, AdaptiveConcurrencyOptions]>([
    [
      'timeouts',
      () => {
        throw new TimeoutError(50)
      },
      {},
    ],
    [
      'targets that ask to wait',
      () => {
        throw Object.assign(new Error('503'), { retryAfterMs: 1_000 })
      },
      {},
    ],
    [
      'what the predicate says is overload',
      () => {
        throw new Error('shed')
      },
      { overloadPredicate: ({ message }) => message === 'shed' },
    ],
  ])('falls by %s', async (_, end, options) => {
    const setup = limiterOf(options)
    for (let window = 0; window < 10; window++) await callsOf(setup, 20, 120, end)
    expect(setup.limiter.getMetrics()).toMatchObject({ gradient: 0.5, latencyMs: undefined })
    expect(setup.limiter.getMetrics().limit).toBeLessThan(10)
  })

  it.each<[string, () => unknown, AdaptiveConcurrencyOptions, CallOptions?]>([
    [
      'failures that are no overload',
      () => {
        throw new Error('not found')
      },
      {},
    ],
    [
      'rejections of inner policies',
      () => {
        throw new RateLimitError(1_000)
      },
      { overloadPredicate: () => true },
    ],
    [
      'calls that were called off',
      () => {
        throw new DOMException('gone', 'AbortError')
      },
      { overloadPredicate: () => true },
    ],
  ])('is told nothing by %s', async (_, end, options) => {
    const setup = limiterOf(options)
    for (let window = 0; window < 10; window++) await callsOf(setup, 20, 120, end)
    expect(setup.limiter.getMetrics()).toMatchObject({ limit: 20, gradient: 1, latencyMs: undefined })
  })

  it.each([
    { reason: new TimeoutError(5), fell: true },
    { reason: 'gone', fell: false },
  ])('takes a call that goes on after an abort for a drop where time was over: $fell', async ({ reason, fell }) => {
    const setup = limiterOf()
    for (let window = 0; window < 10; window++) {
      const caller = new AbortController()
      const calls = callsOf(setup, 20, 120, () => 'late', { signal: caller.signal })
      caller.abort(reason)
      await calls
    }
    expect(setup.limiter.getMetrics().limit < 20).toBe(fell)
    expect(setup.limiter.getMetrics().latencyMs).toBeUndefined()
  })

  it('falls while the event loop is busier than the threshold', async () => {
    const busy = limiterOf({ eventLoopUtilization: () => 0.96 })
    const loose = limiterOf({ eventLoopUtilization: () => 1, eventLoopThreshold: 1 })
    for (let window = 0; window < 10; window++) {
      await callsOf(busy, 20, 120)
      await callsOf(loose, 20, 120)
    }
    expect(busy.limiter.getMetrics().limit).toBeLessThan(16)
    expect(busy.limiter.getMetrics().baselineMs).toBeUndefined()
    expect(loose.limiter.getMetrics().limit).toBeGreaterThan(19)
  })
})

it('reports what the functions it was given throw, and does as if they were not there', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const broken = () => {
    throw new Error('broken')
  }
  const setup = limiterOf({ overloadPredicate: broken, eventLoopUtilization: broken })
  for (let window = 0; window < 3; window++) {
    await callsOf(setup, 20, 120, () => {
      throw new TimeoutError(5)
    })
  }
  expect(setup.limiter.getMetrics().limit).toBeLessThan(20)
  expect(warned).toHaveBeenCalledWith('overloadPredicate threw: broken', expect.anything())
  expect(warned).toHaveBeenCalledWith('eventLoopUtilization threw: broken', expect.anything())
})

it('reports a predicate that answers with a promise, even where that rejects', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const overloadPredicate = (() => Promise.reject(new Error('broken'))) as never
  await expect(new AdaptiveConcurrencyLimiter({ overloadPredicate }).execute(() => Promise.reject(new Error('down')))).rejects.toThrow(
    'down',
  )
  expect(warned).toHaveBeenCalledTimes(2)
  warned.mockRestore()
})

it('records calls that were let through', async () => {
  const clock = new FakeClock()
  const metrics = new MetricsCollector(60_000, clock)
  const limiter = new AdaptiveConcurrencyLimiter({ ...calm, initialLimit: 1, metrics }, clock)
  const running = limiter.execute(() => clock.sleep(10))
  await expect(limiter.execute(() => 1)).rejects.toBeInstanceOf(ResilienceError)
  await clock.advance(10)
  await running
  expect(metrics.getSnapshot()).toMatchObject({ totalCalls: 1, failureCalls: 0, max: 10 })
})

it('reads the event loop’s utilization since it was asked last', () => {
  const utilization = eventLoopMeter()
  for (let ask = 0; ask < 2; ask++) {
    expect(utilization()).toBeGreaterThanOrEqual(0)
    expect(utilization()).toBeLessThanOrEqual(1)
  }
})

describe('options', () => {
  it('have the documented defaults', () => {
    const limiter = new AdaptiveConcurrencyLimiter()
    expect(limiter.getMetrics().limit).toBe(20)
    expect(limiter.describe()).toEqual({ policy: 'AdaptiveConcurrencyLimiter', summary: '1 to 200 at once by latency, 20 at first' })
    expect(new AdaptiveConcurrencyLimiter({ minLimit: undefined, maxLimit: 5 }).getMetrics().limit).toBe(5)
    expect(new AdaptiveConcurrencyLimiter({ minLimit: 500 }).describe().summary).toBe('500 to 500 at once by latency, 500 at first')
  })

  it('are refused with everything that is wrong with them', () => {
    const wrong = JSON.parse(
      `{ "initialLimit": 0, "minLimit": 1.5, "maxLimit": "many", "window": 99, "minSamples": 9, "tolerance": 1, "overloadPredicate": 1,
        "eventLoopThreshold": 2, "eventLoopUtilization": 0.5, "metrics": {}, "limit": 1 }`,
    ) as AdaptiveConcurrencyOptions
    expect(adaptiveConcurrencyProblems(wrong).map(({ path }) => path)).toEqual([
      'limit',
      'minLimit',
      'maxLimit',
      'initialLimit',
      'window',
      'minSamples',
      'tolerance',
      'overloadPredicate',
      'eventLoopThreshold',
      'eventLoopUtilization',
      'metrics',
    ])
    expect(() => new AdaptiveConcurrencyLimiter(wrong)).toThrow(ConfigError)
    expect(adaptiveConcurrencyProblems({ minLimit: 10, maxLimit: 5 })[0]?.path).toBe('minLimit')
    expect(adaptiveConcurrencyProblems({ initialLimit: 10, maxLimit: 5 })[0]?.path).toBe('initialLimit')
  })
})
