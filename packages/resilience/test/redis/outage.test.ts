import { type LimitDecision, RedisRateLimiter, type RedisRateLimiterOptions } from '@hazeljs/resilience/redis'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import type { Redis } from 'ioredis'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clientOf, scriptCalls } from './admissions.js'

const callers = 20
const timeout = 200
/** A machine that has other work may be late. */
const slackMs = 300

/** Calls all the time, and keeps what was decided and how long it took. */
function load(limiter: RedisRateLimiter) {
  const decisions: (LimitDecision & { readonly tookMs: number })[] = []
  let ended = false
  const call = async () => {
    while (!ended) {
      const startMs = performance.now()
      const decision = await limiter.acquire()
      decisions.push({ ...decision, tookMs: performance.now() - startMs })
      await pause(2)
    }
  }
  const running = Array.from({ length: callers }, call)
  return {
    /** What was decided since the last time. */
    take: () => decisions.splice(0),
    end: async () => {
      ended = true
      await Promise.all(running)
    },
  }
}

const slowestMs = (decisions: readonly { readonly tookMs: number }[]) => Math.max(...decisions.map(({ tookMs }) => tookMs))
const sources = (decisions: readonly LimitDecision[]) => new Set(decisions.map(({ source }) => source))

describe.skipIf(serverIsMissing('redis-server'))('a RedisRateLimiter whose Redis goes away under load, with ioredis as it comes', () => {
  let server: RedisServer
  let redis: Redis
  const told: string[] = []

  beforeEach(async () => {
    told.length = 0
    server = await RedisServer.start()
    redis = clientOf(server.port)
  })
  afterEach(async () => {
    redis.disconnect()
    await server.kill()
  })

  const limiterOf = (options: Partial<RedisRateLimiterOptions> = {}) =>
    new RedisRateLimiter(redis, {
      max: 1_000,
      window: '1s',
      timeout,
      probe: 200,
      fallback: { replicas: 10 },
      onFallback: () => told.push('away'),
      onRecovery: () => told.push('back'),
      ...options,
    })

  async function outage(begin: () => unknown, end: () => unknown) {
    const traffic = load(limiterOf())
    const decider = async () => sources(traffic.take().slice(-callers))
    await pause(200)
    await expect.poll(decider, { interval: 100 }).toEqual(new Set(['redis']))
    told.length = 0

    await begin()
    await pause(timeout + slackMs)
    const transition = traffic.take()
    expect(slowestMs(transition)).toBeLessThan(timeout + slackMs)
    await pause(500)
    const away = traffic.take()
    expect(sources(away)).toEqual(new Set(['local']))
    expect(away.length).toBeGreaterThan(200)
    expect(slowestMs(away)).toBeLessThan(timeout + slackMs)
    const admitted = [...transition, ...away].filter((one) => one.source === 'local' && one.admitted).length
    expect(admitted).toBeLessThanOrEqual(100 + 100 * ((timeout + slackMs + 500 + slackMs) / 1_000))

    await end()
    await expect.poll(decider, { timeout: 5_000, interval: 100 }).toEqual(new Set(['redis']))
    await traffic.end()
    expect(told).toEqual(['away', 'back'])
  }

  it('goes on with its part of the limit when it is killed, and is back after the restart', async () => {
    await outage(
      () => server.kill(),
      () => server.restart(),
    )
    // Only probes were kept by ioredis for the new server, not the thousands of calls of the meantime.
    const { eval: evals = 0, evalsha = 0 } = await scriptCalls(redis)
    expect(evals).toBeGreaterThan(0)
    expect(evals + evalsha).toBeLessThan(1_000)
  }, 15_000)

  it('goes on when it hangs, and is back when it answers', async () => {
    await outage(
      () => server.hang(),
      () => server.wake(),
    )
  }, 15_000)

  it('denies at once when closed', async () => {
    await redis.ping()
    await server.kill()
    const limiter = limiterOf({ fallback: 'closed' })
    const startMs = performance.now()
    for (let call = 0; call < 10; call++) expect(await limiter.acquire()).toMatchObject({ admitted: false, source: 'local' })
    expect(performance.now() - startMs).toBeLessThan(timeout + slackMs)
  })

  it('decides without a server that was never there', async () => {
    await server.kill()
    const client = clientOf(server.port)
    const limiter = new RedisRateLimiter(client, { max: 1, window: '1s' })
    expect(await limiter.acquire()).toMatchObject({ admitted: true, source: 'local' })
    expect(await limiter.acquire()).toMatchObject({ admitted: false, source: 'local' })
    client.disconnect()
  })
})
