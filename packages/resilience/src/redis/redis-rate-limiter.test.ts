import { CancelSource, ConfigError } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { RateLimitError, TimeoutError } from '../errors.js'
import { MetricsCollector } from '../metrics/metrics-collector.js'
import { CallContext } from '../policy.js'
import { RedisRateLimiter } from './redis-rate-limiter.js'
import { ScriptedRedis } from './scripted-redis.fixture.js'

function limiterOf(clock = new FakeClock()) {
  const redis = new ScriptedRedis()
  return { clock, redis, limiter: new RedisRateLimiter(redis, { max: 10, window: '1s' }, clock) }
}

describe('RedisRateLimiter', () => {
  it('asks Redis once for a decision', async () => {
    const { redis, limiter } = limiterOf()
    redis.answer = () => Promise.resolve([1, 7, 0, 300_001])
    expect(await limiter.acquire({ key: 'alice', cost: 3 })).toEqual({
      admitted: true,
      limit: 10,
      remaining: 7,
      retryAfterMs: 0,
      resetMs: 300.001,
      source: 'redis',
    })
    await limiter.acquire()
    await limiter.peek({ key: 'bob' })
    expect(redis.asked).toEqual([
      'evalsha hazeljs:limit:alice 100000000 10 3 1',
      'evalsha hazeljs:limit: 100000000 10 1 1',
      'evalsha hazeljs:limit:bob 100000000 10 1 0',
    ])
  })

  it('understands numbers that come as strings', async () => {
    const { redis, limiter } = limiterOf()
    redis.answer = () => Promise.resolve(['0', '0', '1500', '2000'])
    expect(await limiter.acquire()).toMatchObject({ admitted: false, retryAfterMs: 1.5, source: 'redis' })
  })

  it('sends the script where the server does not know it', async () => {
    const { redis, limiter } = limiterOf()
    redis.answer = () => {
      if (redis.asked.at(-1)?.startsWith('eval ') === true) return Promise.resolve([1, 9, 0, 1])
      return Promise.reject(new Error('NOSCRIPT No matching script. Please use EVAL.'))
    }
    expect(await limiter.acquire({ key: 'k' })).toMatchObject({ admitted: true, source: 'redis' })
    expect(redis.asked.map((one) => one.split(' ')[0])).toEqual(['evalsha', 'eval'])
  })

  it('guards calls with the key and the cost of their context', async () => {
    const { redis, limiter } = limiterOf()
    expect(await limiter.execute(({ options }) => options.key, { key: 'k', cost: 2 })).toBe('k')
    redis.answer = () => Promise.resolve([0, 0, 250_000, 1_000_000])
    const denied = await limiter.execute(() => 'ran', { key: 'k' }).catch((error: unknown) => error)
    expect(denied).toBeInstanceOf(RateLimitError)
    expect(denied).toMatchObject({ retryAfterMs: 250, callRan: false })
    expect(redis.asked).toEqual(['evalsha hazeljs:limit:k 100000000 10 2 1', 'evalsha hazeljs:limit:k 100000000 10 1 1'])
  })

  it('refuses a key that is no string', async () => {
    const key = 7 as unknown
    await expect(limiterOf().limiter.acquire({ key: key as string })).rejects.toThrow('key: expected a string, got 7')
  })

  it.each([0, 11, 1.5, Number.NaN])('refuses the cost %s, which no waiting admits, without asking', async (cost) => {
    const { redis, limiter } = limiterOf()
    await expect(limiter.acquire({ cost })).rejects.toThrow(ConfigError)
    await expect(limiter.peek({ cost })).rejects.toThrow('from 1 to 10')
    expect(redis.asked).toEqual([])
  })

  it('ends at once when the caller gives up, and goes on asking Redis', async () => {
    const { clock, redis, limiter } = limiterOf()
    let answer: (reply: unknown) => void = () => undefined
    redis.answer = () => new Promise((resolve) => (answer = resolve))
    const caller = new AbortController()
    const outcome = expect(limiter.execute(() => 'ran', { signal: caller.signal })).rejects.toBe('gone')
    await clock.advance(50)
    caller.abort('gone')
    await outcome
    answer([1, 9, 0, 1])
    await clock.advance(200)
    await expect(limiter.execute(() => 'ran', { signal: caller.signal })).rejects.toBe('gone')
    redis.recover()
    expect((await limiter.acquire({ signal: new AbortController().signal })).source).toBe('redis')
    expect(redis.asked).toHaveLength(2)
    expect(clock.pendingTimers).toBe(0)
  })

  it('says of a timeout around it that the call did not run', async () => {
    const { redis, limiter } = limiterOf()
    redis.hang()
    const timeout = new CancelSource()
    const outcome = limiter.execute(() => 'ran', new CallContext(timeout))
    const expectation = expect(outcome).rejects.toMatchObject({ code: 'RATE_LIMITED', callRan: false, cause: { code: 'TIMEOUT' } })
    timeout.abort(new TimeoutError(20))
    await expectation
  })

  it('passes on what the call throws, and records only calls that ran', async () => {
    const clock = new FakeClock()
    const metrics = new MetricsCollector('1m', clock)
    const redis = new ScriptedRedis()
    const limiter = new RedisRateLimiter(redis, { max: 10, window: '1s', metrics }, clock)
    await expect(limiter.execute(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine')
    await limiter.execute(() => 'fine')
    redis.answer = () => Promise.resolve([0, 0, 250_000, 1_000_000])
    await expect(limiter.execute(() => 'fine')).rejects.toThrow(RateLimitError)
    expect(metrics.getSnapshot()).toMatchObject({ totalCalls: 2, failureCalls: 1 })
  })
})
