import { RedisRateLimiter, type RedisScripts } from '@hazeljs/resilience/redis'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { Cluster, type Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { clientOf, scriptCalls } from './admissions.js'

const key = 'hazeljs:limit:k'
const patient = { max: 5, window: '10s', timeout: '5s', fallback: 'closed' } as const

describe.skipIf(serverIsMissing('redis-server'))('a RedisRateLimiter on a real Redis', () => {
  let server: RedisServer
  let redis: Redis

  beforeAll(async () => {
    server = await RedisServer.start()
    redis = clientOf(server.port)
  })
  beforeEach(() => redis.flushall())
  afterAll(async () => {
    redis.disconnect()
    await server.kill()
  })

  const serverUs = async () => {
    const [seconds, microseconds] = await redis.time()
    return Number(seconds) * 1_000_000 + Number(microseconds)
  }

  it('makes one round trip a decision, and never sends the script twice', async () => {
    const limiter = new RedisRateLimiter(redis, patient)
    await limiter.acquire({ key: 'k' })
    await redis.config('RESETSTAT')
    for (let call = 0; call < 20; call++) await limiter.acquire({ key: 'k' })
    await limiter.peek({ key: 'k' })
    const calls = await scriptCalls(redis)
    expect(calls.evalsha).toBe(21)
    expect(calls.eval).toBeUndefined()
  })

  it('admits a burst of max, also of a token time that is no whole number, and says what is left', async () => {
    const limiter = new RedisRateLimiter(redis, { ...patient, max: 3 })
    const decisions = []
    for (let call = 0; call < 4; call++) decisions.push(await limiter.acquire({ key: 'k' }))
    expect(decisions.map(({ admitted, remaining, limit }) => [admitted, remaining, limit])).toEqual([
      [true, 2, 3],
      [true, 1, 3],
      [true, 0, 3],
      [false, 0, 3],
    ])
    expect(decisions[3]?.retryAfterMs).toBeGreaterThan(3_000)
    expect(decisions[3]?.retryAfterMs).toBeLessThanOrEqual(3_333.334)
    expect(decisions[3]?.resetMs).toBeLessThanOrEqual(10_000.001)
  })

  it('takes all of a cost or nothing, keeps keys apart, and takes nothing for a look', async () => {
    const limiter = new RedisRateLimiter(redis, patient)
    expect(await limiter.acquire({ key: 'k', cost: 4 })).toMatchObject({ admitted: true, remaining: 1 })
    expect(await limiter.peek({ key: 'k', cost: 2 })).toMatchObject({ admitted: false, remaining: 1 })
    expect(await limiter.acquire({ key: 'k', cost: 2 })).toMatchObject({ admitted: false, remaining: 1 })
    expect(await limiter.peek({ key: 'k' })).toMatchObject({ admitted: true, remaining: 1, retryAfterMs: 0 })
    expect(await limiter.acquire({ key: 'other', cost: 5 })).toMatchObject({ admitted: true })
    expect(await limiter.acquire({ cost: 5 })).toMatchObject({ admitted: true })
    expect((await redis.keys('*')).sort()).toEqual(['hazeljs:limit:', key, 'hazeljs:limit:other'])
  })

  it('lets keys expire once all of the limit is free, and not before', async () => {
    const limiter = new RedisRateLimiter(redis, { ...patient, window: 100 })
    await limiter.acquire({ key: 'k', cost: 5 })
    expect(await redis.pttl(key)).toBeGreaterThan(50)
    expect(await redis.pttl(key)).toBeLessThanOrEqual(102)
    await expect.poll(() => redis.exists(key), { interval: 10 }).toBe(0)
    expect(await limiter.acquire({ key: 'k', cost: 5 })).toMatchObject({ admitted: true })
  })

  it('survives SCRIPT FLUSH in mid-use and FLUSHALL', async () => {
    const limiter = new RedisRateLimiter(redis, patient)
    await limiter.acquire({ key: 'k', cost: 4 })
    await redis.script('FLUSH')
    expect(await limiter.acquire({ key: 'k' })).toMatchObject({ admitted: true, remaining: 0, source: 'redis' })
    await redis.flushall()
    expect(await limiter.acquire({ key: 'k' })).toMatchObject({ admitted: true, remaining: 4, source: 'redis' })
  })

  it.each([
    ['text', () => redis.set(key, 'garbage')],
    ['numbers with something behind', () => redis.set(key, '5:5:5')],
    ['a list', () => redis.lpush(key, 'a')],
  ])('begins anew where %s stands under the key', async (_what, put) => {
    await put()
    const limiter = new RedisRateLimiter(redis, patient)
    expect(await limiter.peek({ key: 'k' })).toMatchObject({ admitted: true, remaining: 5, source: 'redis' })
    expect(await limiter.acquire({ key: 'k' })).toMatchObject({ admitted: true, remaining: 4, source: 'redis' })
    expect(await limiter.acquire({ key: 'k' })).toMatchObject({ admitted: true, remaining: 3 })
  })

  it('takes a clock that went back for one that stood still: neither gives calls away nor locks out until it is there again', async () => {
    const anHourUs = 3_600_000_000
    await redis.set(key, `10000000000:${(await serverUs()) + anHourUs}`)
    const limiter = new RedisRateLimiter(redis, patient)
    const denied = await limiter.acquire({ key: 'k' })
    expect(denied).toMatchObject({ admitted: false, retryAfterMs: 2_000 })
    expect((await limiter.peek({ key: 'k' })).retryAfterMs).toBeLessThan(2_000)
  })

  it('is never fuller than its own limit, whatever a limiter with other options left', async () => {
    await new RedisRateLimiter(redis, { ...patient, max: 1_000, window: '1d' }).acquire({ key: 'k', cost: 1_000 })
    const denied = await new RedisRateLimiter(redis, patient).acquire({ key: 'k' })
    expect(denied.admitted).toBe(false)
    expect(denied.retryAfterMs).toBeLessThanOrEqual(2_000)
  })

  it('counts exactly at the largest numbers', async () => {
    const limiter = new RedisRateLimiter(redis, { ...patient, max: 1_000_000_000, window: '24d' })
    expect(await limiter.acquire({ key: 'k', cost: 999_999_999 })).toMatchObject({ admitted: true, remaining: 1 })
    expect(await limiter.acquire({ key: 'k' })).toMatchObject({ admitted: true })
    const denied = await limiter.acquire({ key: 'k', cost: 1_000_000_000 })
    expect(denied.admitted).toBe(false)
    expect(denied.retryAfterMs).toBeGreaterThan(23.9 * 86_400_000)
  })

  it('works with a client that prefixes keys and returns numbers as strings', async () => {
    const client = clientOf(server.port)
    client.options.keyPrefix = 'app:'
    client.options.stringNumbers = true
    expect(await new RedisRateLimiter(client, patient).acquire({ key: 'k' })).toMatchObject({ admitted: true, remaining: 4 })
    client.disconnect()
  })
})

describe.skipIf(serverIsMissing('redis-server'))('a RedisRateLimiter on a cluster', () => {
  it('uses one key a decision, so that any node can decide', async () => {
    const server = await RedisServer.start('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1')
    const node = clientOf(server.port)
    await node.cluster('ADDSLOTSRANGE', 0, 16_383)
    // A master waits 2 s after its start before it writes.
    await expect.poll(() => node.cluster('INFO'), { timeout: 10_000 }).toContain('cluster_state:ok')
    const cluster = new Cluster([{ host: server.host, port: server.port }])
    const client: RedisScripts = cluster
    const limiter = new RedisRateLimiter(client, patient)
    for (const name of ['a', 'b', 'c{d}'])
      expect(await limiter.acquire({ key: name })).toMatchObject({ admitted: true, remaining: 4, source: 'redis' })
    cluster.disconnect()
    node.disconnect()
    await server.kill()
  }, 15_000)
})
