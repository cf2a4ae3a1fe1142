import { ConfigError } from '@hazeljs/core'
import { expect, it } from 'vitest'
import { CircuitBreaker } from './circuit-breaker.js'
import { circuitBreakerProblems, type CircuitBreakerOptions, resolveCircuitBreakerOptions } from './options.js'

it('has the documented defaults', () => {
  expect(resolveCircuitBreakerOptions({})).toEqual({
    name: undefined,
    failureThreshold: undefined,
    failureRateThreshold: 50,
    minimumCalls: 20,
    slowCallDurationMs: undefined,
    slowCallRateThreshold: undefined,
    slidingWindow: { type: 'count', size: 100 },
    successThreshold: 5,
    halfOpenCalls: 5,
    halfOpenMaxWaitMs: undefined,
    resetTimeoutMs: 5_000,
    resetBackoff: { factor: 2, maxMs: 60_000, jitter: 20 },
    timeoutMs: undefined,
    failurePredicate: undefined,
    resultPredicate: undefined,
    onStateChange: undefined,
    metrics: undefined,
  })
})

it('lets an explicit undefined undo no default', () => {
  const explicit = Object.fromEntries(Object.keys(resolveCircuitBreakerOptions({})).map((name) => [name.replace(/Ms$/, ''), undefined]))
  expect(resolveCircuitBreakerOptions(explicit as CircuitBreakerOptions)).toEqual(resolveCircuitBreakerOptions({}))
})

it('fits defaults to what is given', () => {
  expect(resolveCircuitBreakerOptions({ slidingWindow: { type: 'count', size: 10 } }).minimumCalls).toBe(10)
  expect(resolveCircuitBreakerOptions({ slidingWindow: { type: 'time' } })).toMatchObject({
    slidingWindow: { type: 'time', size: 10_000 },
    minimumCalls: 20,
  })
  expect(resolveCircuitBreakerOptions({ halfOpenCalls: 2 })).toMatchObject({ halfOpenCalls: 2, successThreshold: 2 })
  expect(resolveCircuitBreakerOptions({ successThreshold: 7 })).toMatchObject({ halfOpenCalls: 7, successThreshold: 7 })
  expect(resolveCircuitBreakerOptions({ failureThreshold: 3 })).toMatchObject({ failureThreshold: 3, failureRateThreshold: undefined })
  expect(resolveCircuitBreakerOptions({ slowCallRateThreshold: 80 }).slowCallDurationMs).toBe(60_000)
  expect(resolveCircuitBreakerOptions({ resetTimeout: '2m', resetBackoff: true }).resetBackoff?.maxMs).toBe(120_000)
})

it('lists everything that is wrong at once', () => {
  const wrong = {
    name: 5,
    failureThreshold: 0,
    failureRateThreshold: 101,
    minimumCalls: Number.NaN,
    slowCallDuration: -1,
    slowCallRateThreshold: Infinity,
    slidingWindow: { type: 'calls', size: 1.5, sise: 1 },
    successThreshold: 3,
    halfOpenCalls: 2,
    halfOpenMaxWait: 'soon',
    resetTimeout: 0,
    resetBackoff: { factor: 0, max: '1', jitter: -1 },
    timeout: 0,
    failurePredicate: 'no function',
    resultPredicate: 1,
    onStateChange: {},
    metrics: 5,
    failureTreshold: 3,
  } as unknown
  const problems = circuitBreakerProblems(wrong as CircuitBreakerOptions)
  expect(problems.map(({ path }) => path).sort()).toEqual([
    'failurePredicate',
    'failureRateThreshold',
    'failureThreshold',
    'failureTreshold',
    'halfOpenCalls',
    'halfOpenMaxWait',
    'metrics',
    'minimumCalls',
    'name',
    'onStateChange',
    'resetBackoff.factor',
    'resetBackoff.jitter',
    'resetBackoff.max',
    'resetTimeout',
    'resultPredicate',
    'slidingWindow.sise',
    'slidingWindow.size',
    'slidingWindow.type',
    'slowCallDuration',
    'slowCallRateThreshold',
    'timeout',
  ])
  expect(() => new CircuitBreaker(wrong as CircuitBreakerOptions)).toThrow(ConfigError)
})

it('refuses thresholds that a count window cannot reach, backoff below the reset time, and what is no object', () => {
  const paths = (options: unknown) => circuitBreakerProblems(options as CircuitBreakerOptions).map(({ path }) => path)
  expect(paths({ failureThreshold: 11, minimumCalls: 12, slidingWindow: { type: 'count', size: 10 } })).toEqual([
    'failureThreshold',
    'minimumCalls',
  ])
  expect(paths({ resetTimeout: '1m', resetBackoff: { max: '1s' } })).toEqual(['resetBackoff.max'])
  expect(paths({ slidingWindow: 5 })).toEqual(['slidingWindow'])
  expect(paths(null)).toEqual([''])
  expect(paths('3')).toEqual([''])
})

it('says what is wrong, and with what', () => {
  const problemsOf = (options: unknown) => circuitBreakerProblems(options as CircuitBreakerOptions)
  expect(problemsOf({ name: 5 })).toEqual([{ path: 'name', message: 'expected a string, got 5' }])
  expect(problemsOf({ successThreshold: 3, halfOpenCalls: 2 })).toEqual([
    { path: 'halfOpenCalls', message: 'expected at least successThreshold, 3, got 2' },
  ])
  expect(problemsOf({ resetTimeout: '1m', resetBackoff: { max: '1s' } })).toEqual([
    { path: 'resetBackoff.max', message: 'expected at least resetTimeout, 60000 ms, got 1000 ms' },
  ])
  expect(problemsOf({ halfOpenCalls: 0, resetBackoff: 5 }).map(({ path }) => path)).toEqual(['halfOpenCalls', 'resetBackoff'])
  expect(problemsOf({ successThreshold: 1.5, slidingWindow: { type: 'time', size: 5 } }).map(({ path }) => path)).toEqual([
    'slidingWindow.size',
    'successThreshold',
  ])
  expect(() => new CircuitBreaker({ timeout: 0 })).toThrow('CircuitBreaker: timeout: expected')
})

it('bounds thresholds by a window of calls, not by one of time', () => {
  const many = { failureThreshold: 20_000, minimumCalls: 20_000 }
  expect(circuitBreakerProblems({ ...many, slidingWindow: { type: 'time', size: '1s' } })).toEqual([])
})

it('times calls where slowCallDuration or slowCallRateThreshold is given', () => {
  const options = { slowCallDuration: '1s' }
  expect(resolveCircuitBreakerOptions(options).slowCallDurationMs).toBe(1_000)
  expect(resolveCircuitBreakerOptions({ ...options, slowCallRateThreshold: 5 }).slowCallDurationMs).toBe(1_000)
})
