import { RedisRateLimiter } from '@hazeljs/resilience/redis'
import { build } from 'esbuild'
import fc from 'fast-check'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import type { Redis } from 'ioredis'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientOf, watchAdmissions, worstExcess } from './admissions.js'

const processes = 4

describe.skipIf(serverIsMissing('redis-server'))('many who share a limit in Redis', () => {
  let server: RedisServer
  let redis: Redis
  const folder = mkdtempSync(join(tmpdir(), 'hazeljs-limiter-'))

  beforeAll(async () => {
    server = await RedisServer.start()
    redis = clientOf(server.port)
  })
  afterAll(async () => {
    redis.disconnect()
    await server.kill()
    rmSync(folder, { recursive: true })
  })

  it('never exceed burst and rate in any window, four processes together, and use nearly all of it', async () => {
    const entry = fileURLToPath(new URL('limiter-process.ts', import.meta.url))
    const file = join(folder, 'limiter-process.mjs')
    const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" }
    await build({ entryPoints: [entry], outfile: file, bundle: true, platform: 'node', format: 'esm', banner })

    const [max, refillRate, ms] = [50, 700, 2_500] as const // a token of 1,428.571… µs
    const watched = await watchAdmissions(server.port, 'hazeljs:limit:k', Math.ceil(1e9 / refillRate))
    const options = JSON.stringify({ max, window: '1s', refillRate, timeout: '5s', fallback: 'closed' })
    const running = Array.from({ length: processes }, async () => {
      const [counts] = (await once(fork(file, [String(server.port), String(ms), options], { execArgv: [] }), 'message')) as [
        { admitted: number; denied: number },
      ]
      return counts
    })
    const counts = await Promise.all(running)
    await pause(100)
    watched.close()

    const { admissions } = watched
    const calls = admissions.reduce((sum, { cost }) => sum + cost, 0)
    expect(admissions).toHaveLength(counts.reduce((sum, { admitted }) => sum + admitted, 0))
    expect(Math.min(...counts.map(({ denied }) => denied))).toBeGreaterThan(0)
    expect(worstExcess(admissions, max, 1e6 / refillRate)).toBeLessThanOrEqual(0)
    expect(calls).toBeGreaterThan(0.8 * (max + (refillRate * ms) / 1_000))
  }, 20_000)

  it('never exceed them at random, and are admitted when they have waited as long as they were told', async () => {
    let runs = 0
    const traffic = fc.array(fc.record({ waitMs: fc.integer({ min: 0, max: 8 }), cost: fc.integer({ min: 1, max: 4 }) }), {
      minLength: 5,
      maxLength: 25,
    })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 5, max: 60 }), traffic, async (max, windowMs, calls) => {
        const key = `random-${runs++}`
        const tokenUs = (windowMs * 1_000) / max
        const watched = await watchAdmissions(server.port, `hazeljs:limit:${key}`, Math.ceil(tokenUs * 1_000))
        const limiter = new RedisRateLimiter(redis, { max, window: windowMs, timeout: '5s', fallback: 'closed' })
        for (const { waitMs, cost: wanted } of calls) {
          const cost = Math.min(wanted, max)
          if (waitMs > 3) await pause(waitMs)
          const first = await limiter.acquire({ key, cost })
          if (!first.admitted) {
            // What the timer of Node rounds off must not count as waiting longer than told.
            const untilMs = performance.now() + first.retryAfterMs
            while (performance.now() < untilMs) await redis.ping()
            expect(await limiter.acquire({ key, cost })).toMatchObject({ admitted: true, retryAfterMs: 0 })
          }
        }
        await expect.poll(() => watched.admissions.length, { interval: 5, timeout: 5_000 }).toBe(calls.length)
        watched.close()
        expect(worstExcess(watched.admissions, max, tokenUs)).toBeLessThanOrEqual(0)
      }),
      { numRuns: 15, endOnFailure: true },
    )
  }, 20_000)
})
