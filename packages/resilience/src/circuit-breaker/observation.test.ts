import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { BulkheadError } from '../errors.js'
import { MetricsCollector } from '../metrics/metrics-collector.js'
import { CircuitBreaker } from './circuit-breaker.js'
import { CircuitBreakers } from './registry.js'
import { circuitBreakerProblems, type CircuitBreakerOptions } from './options.js'

const fail = () => Promise.reject(new Error('down'))
const succeed = () => Promise.resolve('fine')

function measured(options: CircuitBreakerOptions = {}) {
  const clock = new FakeClock()
  const metrics = new MetricsCollector('1m', clock)
  const breaker = new CircuitBreaker({ failureThreshold: 100, metrics, ...options }, clock)
  /** A call that takes `ms` and ends as `end` does. */
  const call = (ms: number, end: () => unknown) =>
    breaker
      .execute(() => {
        clock.jump(ms)
        return end()
      })
      .catch(() => undefined)
  return { clock, metrics, breaker, call }
}

describe('metrics', () => {
  it('get the verdict of the breaker and the time of each call', async () => {
    const verdicts = { lost: 'ignored', missing: 'success', down: 'failure' } as const
    const { metrics, call } = measured({
      failurePredicate: (error) => verdicts[error.message as keyof typeof verdicts],
      resultPredicate: (status: number | string) => (status === 'nothing' ? 'ignored' : status === 503),
    })
    for (const [index, message] of Object.keys(verdicts).entries()) await call(index * 10, () => Promise.reject(new Error(message)))
    await call(40, () => 503)
    await call(50, () => 'nothing')
    await call(60, () => 200)
    expect(metrics.getSnapshot()).toMatchObject({
      totalCalls: 4,
      successCalls: 2,
      failureCalls: 2,
      min: 10,
      max: 60,
      averageResponseTime: 32.5,
    })
    expect(metrics.lastError?.message).toBe('down')
  })

  it('do not see rejections, cancellations and calls that an inner policy kept from running', async () => {
    const { metrics, breaker, call } = measured()
    await call(1, () => Promise.reject(new DOMException('stopped', 'AbortError')))
    await call(1, () => Promise.reject(new BulkheadError('full', 'full')))
    await breaker.execute(succeed, { signal: AbortSignal.abort('gone') }).catch(() => undefined)
    breaker.isolate()
    await call(1, succeed)
    expect(metrics.getSnapshot().totalCalls).toBe(0)
  })

  it('see calls that METRICS_ONLY would have rejected, and those that end after the circuit opened, but none while DISABLED', async () => {
    const { metrics, breaker, call } = measured({ failureThreshold: 1 })
    breaker.observeOnly()
    await call(1, fail)
    await call(1, succeed)
    expect(breaker.getMetrics().wouldHaveRejected).toBe(1)
    expect(metrics.getSnapshot()).toMatchObject({ totalCalls: 2, failureCalls: 1 })
    breaker.close()
    const late = breaker.execute(() => Promise.resolve().then(succeed))
    await call(1, fail)
    await late
    expect(metrics.getSnapshot()).toMatchObject({ totalCalls: 4, failureCalls: 2 })
    breaker.disable()
    await call(1, fail)
    await call(1, succeed)
    expect(metrics.getSnapshot().totalCalls).toBe(4)
  })

  it('cost no reading of the clock where there are none', async () => {
    const readings = async (options: CircuitBreakerOptions) => {
      const clock = new FakeClock()
      const breaker = new CircuitBreaker({ failureThreshold: 2, ...options }, clock)
      const now = vi.spyOn(clock, 'now')
      await breaker.execute(succeed)
      await breaker.execute(fail).catch(() => undefined)
      return now.mock.calls.length / 2
    }
    expect(await readings({})).toBe(0)
    expect(await readings({ slidingWindow: { type: 'time' } })).toBe(1)
    expect(await readings({ slowCallRateThreshold: 50 })).toBe(2)
    expect(await readings({ slowCallRateThreshold: 50, slidingWindow: { type: 'time' }, metrics: new MetricsCollector() })).toBe(2)
  })

  it('are checked, and one of a registry keeps them apart', () => {
    expect(circuitBreakerProblems({ metrics: JSON.parse('{}') as MetricsCollector })).toEqual([
      { path: 'metrics', message: 'expected a MetricsCollector, got an object' },
    ])
    const breakers = new CircuitBreakers()
    const metrics = new MetricsCollector()
    expect(breakers.getOrCreate('a', { metrics })).toBe(breakers.getOrCreate('a', { metrics }))
    expect(() => breakers.getOrCreate('a', { metrics: new MetricsCollector() })).toThrow('metrics: is another one already')
  })
})

describe('events', () => {
  it('tell of calls that METRICS_ONLY would have rejected, of errors that are successes, and of nothing ignored', async () => {
    const { breaker, call } = measured({ failureThreshold: 1, failurePredicate: ({ message }) => (message === 'down' ? true : 'success') })
    const seen: unknown[] = []
    breaker.on('success', (event) => seen.push(event)).on('failure', (event) => seen.push(event))
    breaker.observeOnly()
    await call(0, fail)
    await call(0, succeed)
    await call(0, () => Promise.reject(new Error('known')))
    await call(0, () => Promise.reject(new DOMException('stopped', 'AbortError')))
    breaker.disable()
    await call(0, fail)
    expect(seen).toEqual([{ error: new Error('down'), result: undefined }, { result: 'fine' }, { result: undefined }])
  })
})

describe('describe', () => {
  it('says when it opens and for how long', () => {
    expect(new CircuitBreaker().describe()).toEqual({
      policy: 'CircuitBreaker',
      summary: 'opens at 50 % failures of 20 calls or more, in the last 100 calls, for 5 s',
      timeoutMs: undefined,
      slowCallMs: undefined,
    })
    expect(
      new CircuitBreaker({ failureThreshold: 3, resetTimeout: '30s', slidingWindow: { type: 'count', size: 10 } }).describe().summary,
    ).toBe('opens at 3 failures, in the last 10 calls, for 30 s')
  })

  it('gives what the linter of orders wants to know', () => {
    const all = {
      failureThreshold: 5,
      failureRateThreshold: 25,
      minimumCalls: 8,
      slowCallRateThreshold: 80,
      slowCallDuration: '1s',
    } as const
    expect(new CircuitBreaker({ ...all, name: 'prices', timeout: 1_500, slidingWindow: { type: 'time', size: '30s' } }).describe()).toEqual(
      {
        policy: 'CircuitBreaker',
        summary:
          'prices: opens at 5 failures or 25 % failures of 8 calls or more or 80 % slow calls of 8 or more, in the last 30 s, for 5 s',
        timeoutMs: 1_500,
        slowCallMs: 1_000,
      },
    )
    expect(new CircuitBreaker({ slowCallDuration: '1s' }).describe().slowCallMs).toBeUndefined()
  })
})
