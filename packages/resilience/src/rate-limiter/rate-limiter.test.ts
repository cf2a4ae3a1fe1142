import { ConfigError } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { CircuitBreaker } from '../circuit-breaker/circuit-breaker.js'
import { compose } from '../compose.js'
import { RateLimitError } from '../errors.js'
import type { LimitRequest } from './limiter.js'
import { type RateLimiterOptions, rateLimiterProblems } from './options.js'
import { RateLimiter } from './rate-limiter.js'
import { SlidingWindowLimiter } from './sliding-window-limiter.js'
import { TokenBucketLimiter } from './token-bucket-limiter.js'

it.each(['token-bucket', 'sliding-window'] as const)('executes calls within the limit and rejects the others (%s)', async (strategy) => {
  const clock = new FakeClock()
  const limiter = new RateLimiter({ strategy, max: 2, window: '1s' }, clock)
  expect([await limiter.execute(() => 1), await limiter.execute(() => Promise.resolve(2))]).toEqual([1, 2])
  const call = vi.fn()
  const rejection: unknown = await limiter.execute(call).catch((error: unknown) => error)
  expect(rejection).toBeInstanceOf(RateLimitError)
  const retryAfterMs = strategy === 'token-bucket' ? 500 : 1_000
  expect(rejection).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs, callRan: false })
  expect(limiter.getRetryAfterMs()).toBe(retryAfterMs)
  expect(limiter.peek()).toEqual({ limit: 2, remaining: 0, resetMs: 1_000 })
  expect(call).not.toHaveBeenCalled()
  clock.jump(retryAfterMs)
  expect(limiter.tryAcquire()).toBe(true)
})

it('takes nothing from the limit for a caller who has left', async () => {
  const limiter = new RateLimiter({ max: 1, window: '1s' }, new FakeClock())
  await expect(limiter.execute(() => 1, { signal: AbortSignal.abort('gone') })).rejects.toBe('gone')
  expect(limiter.peek().remaining).toBe(1)
})

it('keeps what is taken when the call fails', async () => {
  const limiter = new RateLimiter({ max: 1, window: '1s' }, new FakeClock())
  await expect(limiter.execute(() => Promise.reject(new Error('down')))).rejects.toThrow('down')
  expect(limiter.tryAcquire()).toBe(false)
})

describe('keys', () => {
  it('have a limit each, and those without one share another', async () => {
    const limiter = new RateLimiter({ max: 1, window: '1s' }, new FakeClock())
    expect([limiter.tryAcquire({ key: 'a' }), limiter.tryAcquire({ key: 'b' }), limiter.tryAcquire()]).toEqual([true, true, true])
    expect([limiter.tryAcquire({ key: 'a' }), limiter.tryAcquire({ key: '' }), limiter.tryAcquire()]).toEqual([false, true, false])
    await expect(limiter.execute(() => 1, { key: 'b' })).rejects.toBeInstanceOf(RateLimitError)
  })

  it.each([SlidingWindowLimiter, TokenBucketLimiter])('are forgotten beyond maxKeys, the least recently used first', (Limiter) => {
    const limiter = new Limiter({ max: 1, window: '1s', maxKeys: 2 }, new FakeClock())
    for (const key of ['a', 'b', 'a', 'c']) limiter.tryAcquire({ key })
    expect(limiter.keys).toBe(2)
    expect(limiter.tryAcquire({ key: 'a' })).toBe(false)
    expect(limiter.tryAcquire({ key: 'b' })).toBe(true)
    expect(limiter.keys).toBe(2)
  })

  it('are not remembered for being looked at', () => {
    const limiter = new TokenBucketLimiter({ max: 3, window: '1s' }, new FakeClock())
    expect(limiter.peek({ key: 'a' })).toEqual({ limit: 3, remaining: 3, resetMs: 0 })
    expect(limiter.getRetryAfterMs({ key: 'a' })).toBe(0)
    expect(limiter.keys).toBe(0)
  })
})

it('takes the key and the cost of a call through the policies around it', async () => {
  const limiter = new RateLimiter({ max: 3, window: '1s' }, new FakeClock())
  await compose(new CircuitBreaker(), limiter).execute(() => 1, { key: 'a', cost: 2 })
  expect([limiter.peek({ key: 'a' }).remaining, limiter.peek().remaining]).toEqual([1, 3])
})

it.each([
  [{ key: 5, cost: 1 }, ['key']],
  [{ key: 'a', cost: 4 }, ['cost']],
  [{ key: null, cost: 'all' }, ['key', 'cost']],
])('refuses %j', async (given, paths) => {
  const request = given as LimitRequest
  const limiter = new RateLimiter({ max: 3, window: '1s', maxWait: '1s' }, new FakeClock())
  const rejection: unknown = await limiter.execute(() => 1, request).catch((error: unknown) => error)
  expect(rejection).toBeInstanceOf(ConfigError)
  expect((rejection as ConfigError).problems.map(({ path }) => path)).toEqual(paths)
  expect(() => limiter.tryAcquire(request)).toThrow(ConfigError)
  expect(() => limiter.peek(request)).toThrow(ConfigError)
})

it.each<[RateLimiterOptions, string]>([
  [{ max: 100, window: '1m' }, '100 in 1 min, token-bucket'],
  [{ max: 49, window: '1s' }, '49 in 1 s, token-bucket'],
  [{ max: 100, window: '1m', refillRate: 2.5 }, '100 in 1 min, token-bucket, 2.5 back a second'],
  [{ strategy: 'sliding-window', max: 3, window: 250, maxWait: '2s' }, '3 in 250 ms, sliding-window, waits at most 2 s'],
])('describes %j', (options, summary) => {
  expect(new RateLimiter(options).describe()).toEqual({ policy: 'RateLimiter', summary })
})

it('has the documented defaults', () => {
  const clock = new FakeClock()
  const limiter = new RateLimiter({ max: 2, window: '1s' }, clock)
  limiter.tryAcquire({ cost: 2 })
  expect(limiter.getRetryAfterMs()).toBe(500) // a token bucket's, refilled in one window
})

it('lists everything that is wrong with its options', () => {
  const wrong = JSON.parse(
    '{ "strategy": "fixed-window", "max": 1.5, "window": 0, "refillRate": -1, "maxKeys": 0, "limit": 5, "maxWait": 0, "metrics": {} }',
  ) as RateLimiterOptions
  expect(rateLimiterProblems(wrong).map(({ path }) => path)).toEqual([
    'limit',
    'strategy',
    'max',
    'window',
    'refillRate',
    'maxKeys',
    'maxWait',
    'metrics',
  ])
  expect(() => new RateLimiter(wrong)).toThrow(ConfigError)
  expect(rateLimiterProblems(JSON.parse('{}') as RateLimiterOptions).map(({ path }) => path)).toEqual(['max', 'window'])
  expect(rateLimiterProblems({ strategy: 'sliding-window', max: 1, window: 1, refillRate: 1 })).toEqual([
    { path: 'refillRate', message: 'a sliding window has none' },
  ])
  expect(() => new TokenBucketLimiter({ max: 0, window: 1 })).toThrow(/^TokenBucketLimiter/)
  expect(() => new TokenBucketLimiter({ max: 1, window: 1, ...{ maxWait: 5 } })).toThrow(/maxWait: unknown option/)
  expect(() => new SlidingWindowLimiter({ max: 0, window: 1 })).toThrow(/^SlidingWindowLimiter/)
})
