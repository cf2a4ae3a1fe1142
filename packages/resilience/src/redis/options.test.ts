import { ConfigError } from '@hazeljs/core'
import { describe, expect, it } from 'vitest'
import {
  defaultDecisionTimeoutMs,
  defaultKeyPrefix,
  defaultProbeMs,
  type RedisRateLimiterOptions,
  redisRateLimiterProblems,
} from './options.js'
import { RedisRateLimiter } from './redis-rate-limiter.js'
import type { RedisScripts } from './redis-scripts.js'
import { ScriptedRedis } from './scripted-redis.fixture.js'

const pathsOf = (options: unknown) => redisRateLimiterProblems(options as RedisRateLimiterOptions).map(({ path }) => path)

describe('the options of a RedisRateLimiter', () => {
  it('have documented defaults, which undefined does not undo', () => {
    expect([defaultKeyPrefix, defaultDecisionTimeoutMs, defaultProbeMs]).toEqual(['hazeljs:limit:', 100, 1_000])
    const all = { keyPrefix: undefined, timeout: undefined, fallback: undefined, probe: undefined, refillRate: undefined }
    const limiter = new RedisRateLimiter(new ScriptedRedis(), { max: 10, window: '1s', ...all })
    expect(limiter.describe()).toEqual({
      policy: 'RedisRateLimiter',
      summary: '10 in 1 s; without Redis 10, 10 back a second',
      queueTimeoutMs: 100,
    })
  })

  it('divide the limit by the replicas, rounded down, at least one call', () => {
    const summaryFor = (max: number, replicas: number) =>
      new RedisRateLimiter(new ScriptedRedis(), { max, window: '1s', fallback: { replicas } }).describe().summary
    expect(summaryFor(10, 4)).toBe('10 in 1 s; without Redis 2, 2.5 back a second')
    expect(summaryFor(3, 4)).toBe('3 in 1 s; without Redis 1, 0.75 back a second')
    const limiter = new RedisRateLimiter(new ScriptedRedis(), { max: 5, window: '1s', refillRate: 0.5, fallback: 'closed' })
    expect(limiter.describe().summary).toBe('5 in 1 s, 0.5 back a second; without Redis closed')
  })

  it.each([
    [{}, ['max', 'window']],
    [{ max: 0, window: -1 }, ['max', 'window']],
    [{ max: 1.5, window: '1 year' }, ['max', 'window']],
    [{ max: Number.NaN, window: Infinity }, ['max', 'window']],
    [{ max: 1, window: 1, refillRate: 0 }, ['refillRate']],
    [{ max: 1_000_000_000, window: 1, refillRate: 1 }, ['refillRate']],
    [{ max: 1, window: 1, keyPrefix: 1, timeout: 0, probe: 0 }, ['keyPrefix', 'timeout', 'probe']],
    [{ max: 1, window: 1, fallback: 'open' }, ['fallback']],
    [{ max: 1, window: 1, fallback: { replicas: 0 } }, ['fallback.replicas']],
    [{ max: 1, window: '20d', fallback: { replicas: 100 } }, ['fallback.replicas']],
    [{ max: 1, window: 1, fallback: { replica: 2 } }, ['fallback.replica']],
    [
      { max: 1, window: 1, onFallback: 1, onRecovery: 2, metrics: 3, strategy: 'gcra' },
      ['strategy', 'metrics', 'onFallback', 'onRecovery'],
    ],
  ])('%j has problems with %j', (options, paths) => {
    expect(pathsOf(options).sort()).toEqual([...paths].sort())
  })

  it('are refused together with a client that cannot run scripts', () => {
    const client: unknown = { evalSha: () => undefined }
    const make = () => new RedisRateLimiter(client as RedisScripts, { max: 0, window: 1 })
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(/redis: expected a client[^]*max: expected/)
  })
})
