import { HazelError } from '@hazeljs/core'
import { expect, it } from 'vitest'
import {
  BulkheadError,
  CircuitBreakerError,
  HedgeLostError,
  RateLimitError,
  ResilienceError,
  RetryExhaustedError,
  TimeoutError,
} from './errors.js'
import { isCancellation } from './outcome.js'
import { rootContext } from './policy.js'

it.each([
  [
    new CircuitBreakerError('OPEN', 10.2, 'payments'),
    'CIRCUIT_OPEN',
    false,
    "The circuit 'payments' is OPEN; the next call may pass in 11 ms",
  ],
  [new CircuitBreakerError('FORCED_OPEN'), 'CIRCUIT_OPEN', false, 'The circuit is FORCED_OPEN'],
  [new TimeoutError(50), 'TIMEOUT', true, 'The call took longer than 50 ms'],
  [new BulkheadError('full', 'full up'), 'BULKHEAD_FULL', false, 'full up'],
  [new RateLimitError(0.5), 'RATE_LIMITED', false, 'The rate limit is used up; the next call may pass in 1 ms'],
  [new RetryExhaustedError(1, 'text', 'budget', true), 'RETRY_EXHAUSTED', true, 'Failed after 1 attempt and the retry budget is empty'],
  [
    new RetryExhaustedError(2, new Error('down'), 'deadline', true),
    'RETRY_EXHAUSTED',
    true,
    'Failed after 2 attempts and the deadline is too near for another: down',
  ],
])('%s has its code, and says whether the call ran', (error, code, callRan, message) => {
  expect(error).toBeInstanceOf(ResilienceError)
  expect(error).toBeInstanceOf(HazelError)
  expect(error).toMatchObject({ code, callRan, message, name: error.constructor.name })
})

it('keeps what the last attempt threw', () => {
  const error = new RetryExhaustedError(2, undefined, 'attempts', true)
  expect('cause' in error).toBe(true)
  expect(error.lastError).toBeUndefined()
})

it('the reason of a lost hedge passes for a cancellation', () => {
  const error = new HedgeLostError()
  expect(error).toMatchObject({ code: 'HEDGE_LOST', name: 'AbortError', callRan: true })
  expect(isCancellation(error, rootContext())).toBe(true)
})
