import { runInNewContext } from 'node:vm'
import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { RateLimitError } from '../errors.js'
import type { RedisRateLimiterOptions } from './options.js'
import { RedisRateLimiter } from './redis-rate-limiter.js'
import { ScriptedRedis } from './scripted-redis.fixture.js'

function limiterOf(options: Partial<RedisRateLimiterOptions> = {}) {
  const clock = new FakeClock()
  const redis = new ScriptedRedis()
  const told: string[] = []
  const limiter = new RedisRateLimiter(
    redis,
    {
      max: 10,
      window: '1s',
      fallback: { replicas: 5 },
      onFallback: (error) => told.push(error.message),
      onRecovery: () => told.push('back'),
      ...options,
    },
    clock,
  )
  const acquire = async (times: number) => {
    const calls = Array.from({ length: times }, async () => limiter.acquire())
    const decisions = await Promise.all(calls)
    return decisions.map(({ admitted, source }) => `${source} ${admitted ? 'yes' : 'no'}`)
  }
  return { clock, redis, limiter, told, acquire }
}

const rejectWithText = () => Promise.reject('away') // eslint-disable-line @typescript-eslint/prefer-promise-reject-errors -- some client may

describe('a RedisRateLimiter without Redis', () => {
  it("falls back to the replica's part of the limit", async () => {
    const { clock, redis, limiter, acquire } = limiterOf()
    redis.fail('Connection is closed.')
    expect(await acquire(3)).toEqual(['local yes', 'local yes', 'local no'])
    expect(await limiter.acquire()).toEqual({ admitted: false, limit: 2, remaining: 0, retryAfterMs: 500, resetMs: 1_000, source: 'local' })
    expect(await limiter.peek({ key: 'other' })).toMatchObject({ admitted: true, remaining: 2, retryAfterMs: 0, source: 'local' })
    await clock.advance(500)
    expect(await acquire(2)).toEqual(['local yes', 'local no'])
  })

  it('does not ask again before the probe, then with one call only, and takes over when it answers', async () => {
    const { clock, redis, told, acquire } = limiterOf()
    redis.fail('Connection is closed.')
    await acquire(1)
    await clock.advance(999)
    await acquire(5)
    expect(redis.asked).toHaveLength(1)
    await clock.advance(1)
    await acquire(5)
    expect(redis.asked).toHaveLength(2)
    await clock.advance(1_000)
    redis.recover()
    expect(await acquire(2)).toEqual(['redis yes', 'local yes'])
    expect(await acquire(2)).toEqual(['redis yes', 'redis yes'])
    expect(told).toEqual(['Connection is closed.', 'back'])
  })

  it('waits for a hung Redis once, for the timeout, and drops its late answer', async () => {
    const { clock, redis, told, acquire } = limiterOf({ timeout: 30 })
    let answerLate: (reply: unknown) => void = () => undefined
    redis.answer = () => new Promise((resolve) => (answerLate = resolve))
    const first = acquire(1)
    await clock.advance(29)
    expect(await Promise.race([first, Promise.resolve('still waiting')])).toBe('still waiting')
    await clock.advance(1)
    expect(await first).toEqual(['local yes'])
    answerLate([0, 0, 1, 1])
    expect(await acquire(1)).toEqual(['local yes'])
    expect(redis.asked).toHaveLength(1)
    expect(told).toEqual(['The call took longer than 30 ms'])
    expect(clock.pendingTimers).toBe(0)
  })

  it('keeps one caller waiting with each probe of a Redis that goes on hanging', async () => {
    const { clock, redis, acquire } = limiterOf()
    redis.hang()
    const first = acquire(1)
    await clock.advance(1_100)
    await first
    const probing = acquire(1)
    expect(await acquire(3)).toEqual(['local yes', 'local yes', 'local no'])
    await clock.advance(100)
    expect(await probing).toEqual(['local no'])
    expect(redis.asked).toHaveLength(2)
  })

  it('denies every call when closed, until Redis is asked again', async () => {
    const { clock, redis, limiter } = limiterOf({ fallback: 'closed', probe: '2s' })
    redis.fail('LOADING Redis is loading the dataset in memory')
    expect(await limiter.acquire()).toEqual({
      admitted: false,
      limit: 10,
      remaining: 0,
      retryAfterMs: 2_000,
      resetMs: 2_000,
      source: 'local',
    })
    await clock.advance(500)
    await expect(limiter.execute(() => 'ran')).rejects.toThrow(RateLimitError)
    expect((await limiter.peek()).retryAfterMs).toBe(1_500)
    redis.recover()
    await clock.advance(1_500)
    expect(await limiter.execute(() => 'ran')).toBe('ran')
  })

  it('denies what is larger than its part of the limit', async () => {
    const { redis, limiter } = limiterOf()
    redis.fail('away')
    expect(await limiter.acquire({ cost: 3 })).toMatchObject({ admitted: false, remaining: 2, retryAfterMs: 1_000 })
    expect(await limiter.acquire({ cost: 2 })).toMatchObject({ admitted: true, remaining: 0 })
  })

  it.each([
    ['an answer that is none', () => Promise.resolve('OK')],
    ['numbers that are none', () => Promise.resolve([1, Number.NaN, 0, 0])],
    ['an error that looks like a cancellation', () => Promise.reject(new DOMException('Command aborted', 'AbortError'))],
    ['a thrown value that is no error', rejectWithText],
    ['an error of another realm', () => Promise.reject(runInNewContext('new Error("away")') as Error)],
    [
      'a client that throws',
      () => {
        throw new Error('The client is closed')
      },
    ],
  ])('takes %s for a failure', async (_what, answer) => {
    const { redis, acquire } = limiterOf()
    redis.answer = () => answer()
    expect(await acquire(1)).toEqual(['local yes'])
    await acquire(1)
    expect(redis.asked).toHaveLength(1)
  })

  it('is not hurt by an observer that throws', async () => {
    const { clock, redis, acquire } = limiterOf({
      onFallback: () => {
        throw new Error('a bug')
      },
      onRecovery: () => {
        throw new Error('a bug')
      },
    })
    redis.fail('away')
    expect(await acquire(1)).toEqual(['local yes'])
    redis.recover()
    await clock.advance(1_000)
    expect(await acquire(1)).toEqual(['redis yes'])
  })
})
