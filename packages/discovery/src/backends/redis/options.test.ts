import { ConfigError } from '@hazeljs/core'
import { expect, it } from 'vitest'
import {
  defaultCallTimeoutMs,
  defaultKeyPrefix,
  defaultResyncIntervalMs,
  defaultTtlMs,
  type RedisBackendOptions,
  resolveRedisBackendOptions,
} from './options.js'

const method = () => undefined
const client = { evalsha: method, eval: method, duplicate: method, on: method, off: method }
const problemsOf = (given: object, redis: unknown = client) => {
  try {
    resolveRedisBackendOptions(redis, given)
    return []
  } catch (error) {
    return error instanceof ConfigError ? error.problems.map(({ path, message }) => `${path}: ${message}`) : [error]
  }
}

it('has the defaults that are documented', () => {
  expect([defaultKeyPrefix, defaultTtlMs, defaultResyncIntervalMs, defaultCallTimeoutMs]).toEqual([
    'hazeljs:discovery:',
    90_000,
    30_000,
    3_000,
  ])
  expect(resolveRedisBackendOptions(client, {})).toEqual({
    keyPrefix: defaultKeyPrefix,
    ttlMs: defaultTtlMs,
    resyncIntervalMs: defaultResyncIntervalMs,
    callTimeoutMs: defaultCallTimeoutMs,
  })
})

it.each<[RedisBackendOptions['ttl'], number]>([
  [90, 90_000],
  [0.1, 100],
  ['90s', 90_000],
  ['2m', 120_000],
  ['500ms', 500],
])('takes the ttl %j as %d ms', (ttl, ms) => {
  expect(resolveRedisBackendOptions(client, { ttl: ttl ?? 0 }).ttlMs).toBe(ms)
})

it('lists all problems', () => {
  expect(problemsOf({ ttl: 0, keyPrefix: 'a{}b', resyncInterval: 'soon', callTimeout: 0, prefix: 'a' }, 'redis://host')).toEqual([
    'prefix: unknown option; known are keyPrefix, ttl, resyncInterval, callTimeout',
    "redisClient: expected a Redis or Cluster of ioredis, got 'redis://host'",
    "keyPrefix: expected something between { and }, got 'a{}b'",
    "ttl: expected seconds, or a string such as '90s', of at least 100 ms, got 0",
    expect.stringContaining("resyncInterval: expected milliseconds or a string such as '250ms'") as string,
    expect.stringContaining('callTimeout: expected milliseconds') as string,
  ])
})

it.each([Number.NaN, -1, Infinity, '90', 'soon', null, {}])('refuses the ttl %s', (ttl) => {
  expect(problemsOf({ ttl })).toHaveLength(1)
})

it.each([undefined, null, 7, {}, { evalsha: method }])('refuses the client %j', (redis) => {
  expect(problemsOf({}, redis ?? null)).toHaveLength(1)
})
