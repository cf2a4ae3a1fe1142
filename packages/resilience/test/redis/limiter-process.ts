// A process of its own that takes what it can from a limit, for a while. Arguments: port, milliseconds, options of the limiter as JSON.
import { RedisRateLimiter, type RedisRateLimiterOptions } from '@hazeljs/resilience/redis'
import { setTimeout as pause } from 'node:timers/promises'
import { clientOf } from './admissions.js'

const [port, ms, json] = process.argv.slice(2) as [string, string, string]
const redis = clientOf(Number(port))
const limiter = new RedisRateLimiter(redis, JSON.parse(json) as RedisRateLimiterOptions)

let admitted = 0
let denied = 0
const takeAllTheTime = async (endMs: number) => {
  while (performance.now() < endMs) {
    const decision = await limiter.acquire({ key: 'k', cost: 1 + (denied % 3) })
    if (decision.source !== 'redis') throw new Error('Redis did not decide')
    if (decision.admitted) admitted++
    else denied++
    if (!decision.admitted) await pause(1)
  }
}
await redis.ping()
const endMs = performance.now() + Number(ms)
await Promise.all(Array.from({ length: 4 }, async () => takeAllTheTime(endMs)))
redis.disconnect()
process.send?.({ admitted, denied })
