import { expect, it } from 'vitest'
import { BulkheadError, CircuitBreakerError, RateLimitError, RetryExhaustedError, TimeoutError } from '../errors.js'
import { isRetryable } from './retryable.js'

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

it.each([
  ['an error', new Error('503'), true],
  ['a system error', refused, true],
  ['what fetch throws of a system error', new TypeError('fetch failed', { cause: refused }), true],
  ['a TypeError', new TypeError('x is undefined'), false],
  ['a TypeError with another cause', new TypeError('bad', { cause: new Error('why') }), false],
  ['a RangeError', new RangeError(), false],
  ['a ReferenceError', new ReferenceError(), false],
  ['a SyntaxError', new SyntaxError(), false],
  ['an inner timeout', new TimeoutError(100), true],
  ['a full bulkhead', new BulkheadError('full', ''), false],
  ['a limit that says when', new RateLimitError(100), true],
  ['a circuit that says when', new CircuitBreakerError('OPEN', 100), true],
  ['a circuit opened by hand', new CircuitBreakerError('FORCED_OPEN'), false],
  ['an inner retry that gave up', new RetryExhaustedError(3, refused, 'attempts', true), false],
])('%s', (_, error, retryable) => {
  expect(isRetryable(error)).toBe(retryable)
})
