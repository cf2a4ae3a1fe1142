import { ConfigError } from '@hazeljs/core'
import { expect, it } from 'vitest'
import { resolveRetryOptions, retryProblems, type RetryOptions } from './options.js'
import { RetryPolicy } from './retry-policy.js'

const defaults = {
  maxAttempts: 2,
  backoff: 'exponential',
  baseDelayMs: 100,
  maxDelayMs: 2_000,
  jitter: 'full',
  idempotent: true,
  maxRetryAfterMs: 30_000,
  retryPredicate: undefined,
  resultPredicate: undefined,
  onRetry: undefined,
  budget: undefined,
  metrics: undefined,
}

it('has the documented defaults, which an explicit undefined does not undo', () => {
  expect(resolveRetryOptions({})).toEqual(defaults)
  expect(resolveRetryOptions({ maxAttempts: undefined, jitter: undefined, maxDelay: undefined })).toEqual(defaults)
})

it('raises the default maximum to the base', () => {
  expect(resolveRetryOptions({ baseDelay: '5s' }).maxDelayMs).toBe(5_000)
})

it('lists everything that is wrong at once', () => {
  const wrong = {
    maxAttempts: 1.5,
    backoff: 'none',
    baseDelay: '1 s',
    maxDelay: -1,
    jitter: 'some',
    maxRetryAfter: Infinity,
    retryPredicate: 1,
    resultPredicate: true,
    onRetry: 2,
    budget: {},
    metrics: {},
    retries: 3,
  }
  expect(
    retryProblems(wrong as object)
      .map(({ path }) => path)
      .sort(),
  ).toEqual([
    'backoff',
    'baseDelay',
    'budget',
    'jitter',
    'maxAttempts',
    'maxDelay',
    'maxRetryAfter',
    'metrics',
    'onRetry',
    'resultPredicate',
    'retries',
    'retryPredicate',
  ])
  expect(() => new RetryPolicy(wrong as object)).toThrow(ConfigError)
  expect(retryProblems({ baseDelay: 500, maxDelay: 200 })).toEqual([
    { path: 'maxDelay', message: 'expected at least baseDelay, 500 ms, got 200 ms' },
  ])
  expect(retryProblems(JSON.parse('5') as RetryOptions)).toHaveLength(1)
})
