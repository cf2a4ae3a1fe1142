import { ConfigError } from '@hazeljs/core'
import { describe, expect, it } from 'vitest'
import {
  AdaptiveConcurrencyLimiter,
  Bulkhead,
  type Call,
  type CallOptions,
  CircuitBreaker,
  compose,
  currentDeadline,
  FallbackPolicy,
  Hedge,
  type Policy,
  RateLimiter,
  RetryPolicy,
  standard,
  Timeout,
  withDeadline,
} from './index.js'

const policies: readonly (readonly [string, () => Policy<unknown>])[] = [
  ['CircuitBreaker', () => new CircuitBreaker()],
  ['RetryPolicy', () => new RetryPolicy({ baseDelay: 0 })],
  ['Timeout', () => new Timeout('1s')],
  ['Bulkhead', () => new Bulkhead({ maxConcurrent: 1 })],
  ['RateLimiter', () => new RateLimiter({ max: 1, window: '1h' })],
  ['AdaptiveConcurrencyLimiter', () => new AdaptiveConcurrencyLimiter()],
  ['Hedge', () => new Hedge()],
  ['FallbackPolicy', () => new FallbackPolicy(() => 'the fallback')],
  ['compose', () => compose(new FallbackPolicy(() => 'the fallback'), new RetryPolicy({ baseDelay: 0 }))],
  ['compose of nothing', () => compose()],
  ['standard', () => standard({ rateLimit: { max: 1, window: '1h' } })],
]

/** What a policy rejects with, and how often it made the call. */
async function refusal(policy: Policy<unknown>, options: unknown, call?: unknown) {
  let calls = 0
  const counted = () => {
    calls++
    return Promise.reject(new Error('down'))
  }
  const error = await policy
    .execute((call ?? counted) as Call<unknown>, options as CallOptions)
    .then(undefined, (thrown: unknown) => thrown)
  return { error, calls }
}

describe.each(policies)('%s', (_name, make) => {
  it('refuses what is no function, names the fix, and counts nothing', async () => {
    const policy = make()
    for (const [call, got] of [
      [Promise.reject(new Error('nobody waits')), 'a promise'],
      ['fetch', "'fetch'"],
      [null, 'null'],
    ] as const) {
      const { error } = await refusal(policy, undefined, call ?? {})
      expect(error).toBeInstanceOf(ConfigError)
      expect(String(error)).toContain(`expected a function, got ${call === null ? 'an object' : got}; write execute(() => …)`)
    }
    expect(await policy.execute(() => 'still there')).toBe('still there')
  })

  it.each([
    [{ idempotant: false }, 'did you mean idempotent?'],
    [{ idempotent: 'false' }, "idempotent: expected one of true, false, got 'false'"],
    [{ signal: new AbortController() }, 'signal: expected a AbortSignal'],
    [{ priority: 'urgent' }, "priority: expected one of 'high', 'normal', 'low'"],
    [{ cost: '2', key: 7 }, 'execute has 2 problems'],
    [{ key: new AbortController().signal }, 'key: expected a string'],
    [new AbortController().signal, 'options'],
    [null, 'options'],
  ])('refuses %j before it makes the call', async (options, message) => {
    const { error, calls } = await refusal(make(), options)
    expect(error).toBeInstanceOf(ConfigError)
    expect(String(error)).toContain(message)
    expect(calls).toBe(0)
  })
})

it('takes every option, undefined ones and signals of others too', async () => {
  const { signal } = new AbortController()
  const options: CallOptions = { signal, key: 'a', cost: 1, priority: 'low', idempotent: false, args: [1], self: undefined }
  expect(await new RetryPolicy().execute((context) => context.options, options)).toBe(options)
  const nothing = Object.fromEntries(Object.keys(options).map((name) => [name, undefined]))
  expect(await new RetryPolicy().execute(() => 'made', nothing)).toBe('made')
})

it('refuses wrong options inside of a deadline as well', async () => {
  await withDeadline('1s', async () => {
    expect(currentDeadline()).toBeDefined()
    expect((await refusal(new RetryPolicy(), { Key: 'ann' })).error).toBeInstanceOf(ConfigError)
  })
})
