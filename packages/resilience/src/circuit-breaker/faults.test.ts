import { FakeClock } from '@hazeljs/core/testing'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { MetricsCollector } from '../metrics/metrics-collector.js'
import type { FailurePredicate, ResultPredicate } from '../outcome.js'
import { CircuitBreaker } from './circuit-breaker.js'
import type { CircuitBreakerOptions } from './options.js'

let warning: MockInstance<typeof process.emitWarning>
beforeEach(() => void (warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)))
afterEach(() => void vi.restoreAllMocks())

const down = new Error('down')
const fail = () => Promise.reject(down)
const broken = () => {
  throw new Error('broken')
}
const rejecting = () => Promise.reject(new Error('broken'))

/** What was reported, each fault once. */
const reported = () => [...new Set(warning.mock.calls.map(([message]) => String(message)))]

/** One good call and one bad one, whose outcomes must stand, and the totals they leave. */
async function outcomesOf(breaker: CircuitBreaker) {
  expect(await breaker.execute(() => Promise.resolve('fine'))).toBe('fine')
  await expect(breaker.execute(fail)).rejects.toBe(down)
  await new Promise((resolve) => setImmediate(resolve))
  const { successCalls, failureCalls } = breaker.getMetrics()
  return [successCalls, failureCalls]
}

describe('a predicate', () => {
  const noVerdict = "expected true, false, 'success', 'failure' or 'ignored', got "

  it.each([
    ['that throws', broken, ['broken']],
    ['that answers nothing', () => undefined, [`${noVerdict}undefined`]],
    ['that answers with a word of its own', () => 'bad', [`${noVerdict}'bad'`]],
    ['that is asynchronous', () => Promise.resolve(true), [`${noVerdict}an object`]],
    ['that rejects', rejecting, [`${noVerdict}an object`, 'broken']],
  ])('%s is reported, and does as if it were not there', async (_, predicate: () => unknown, faults) => {
    const failurePredicate = predicate as FailurePredicate
    const resultPredicate = predicate as ResultPredicate
    expect(await outcomesOf(new CircuitBreaker({ failureThreshold: 9, failurePredicate, resultPredicate }))).toEqual([1, 1])
    const names = ['failurePredicate', 'resultPredicate']
    expect(reported().toSorted()).toEqual(names.flatMap((name) => faults.map((fault) => `${name} threw: ${fault}`)).toSorted())
  })
})

describe('an observer', () => {
  it.each([
    ['throws', broken],
    ['rejects', rejecting],
  ])('of a change of state that %s is reported', async (_, onStateChange) => {
    const breaker = new CircuitBreaker({ failureThreshold: 1, onStateChange })
    expect(await outcomesOf(breaker)).toEqual([1, 1])
    expect(breaker.isOpen()).toBe(true)
    breaker.close()
    expect(() => breaker.isolate()).not.toThrow()
    await Promise.resolve()
    expect(reported()).toEqual(['onStateChange threw: broken'])
  })

  it.each([
    ['throws', broken],
    ['rejects', rejecting],
  ])('of events that %s is reported, and the others hear them', async (_, listener) => {
    const heard: string[] = []
    const breaker = new CircuitBreaker({ failureThreshold: 1 })
    for (const event of ['success', 'failure', 'stateChange'] as const) breaker.on(event, listener).on(event, () => heard.push(event))
    expect(await outcomesOf(breaker)).toEqual([1, 1])
    expect(heard).toEqual(['success', 'stateChange', 'failure'])
    expect(reported()).toEqual(['success', 'stateChange', 'failure'].map((event) => `A listener of "${event}" threw: broken`))
  })

  it('may change the circuit that tells it: the outcome of the call under way then counts for nothing', async () => {
    const clock = new FakeClock()
    const breaker: CircuitBreaker = new CircuitBreaker(
      { failureThreshold: 1, resetTimeout: 100, onStateChange: () => breaker.reset() },
      clock,
    )
    await expect(breaker.execute(fail)).rejects.toBe(down)
    expect(breaker.isClosed()).toBe(true)
    expect(breaker.getMetrics().totalCalls).toBe(0)
  })
})

describe('a clock', () => {
  const timed: CircuitBreakerOptions = {
    failureThreshold: 1,
    resetTimeout: 5_000,
    slidingWindow: { type: 'time' },
    slowCallRateThreshold: 50,
    timeout: '1s',
  }

  it('that throws is reported, and time stands still', async () => {
    const clock = new FakeClock()
    const breaker = new CircuitBreaker(timed, clock)
    Object.assign(clock, { now: broken, wallTime: broken, setTimer: broken, clearTimer: broken, keepAlive: broken })
    expect(await outcomesOf(breaker)).toEqual([1, 1])
    await expect(breaker.execute(fail)).rejects.toMatchObject({ state: 'OPEN', retryAfterMs: 5_000 })
    expect(breaker.toJSON()).toMatchObject({ state: 'OPEN', openMs: 5_000 })
    expect(reported()).toEqual(['The clock threw: broken'])
  })

  it('of a collector that throws, and one that goes back, are reported', async () => {
    const clock = new FakeClock(100)
    const ofMetrics = new FakeClock()
    const breaker = new CircuitBreaker({ ...timed, metrics: new MetricsCollector('1m', ofMetrics) }, clock)
    Object.assign(ofMetrics, { now: broken })
    await breaker.execute(() => clock.jump(-10))
    expect(await outcomesOf(breaker)).toEqual([2, 1])
    expect(reported()).toEqual(['metrics threw: Expected a time of at least 0 ms, got -10', 'The clock threw: broken'])
  })
})

it('a collector that throws is reported', async () => {
  class Full extends MetricsCollector {
    override recordSuccess = broken
    override recordFailure = broken
  }
  expect(await outcomesOf(new CircuitBreaker({ metrics: new Full() }))).toEqual([1, 1])
  expect(reported()).toEqual(['metrics threw: broken'])
})
