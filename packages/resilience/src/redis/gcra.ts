import { show } from '@hazeljs/core'
import { type RedisScripts, RedisScript } from './redis-scripts.js'

/** What a limiter decided, or for `peek` would decide, about one call. */
export interface LimitDecision {
  readonly admitted: boolean
  /** The largest burst: `max`, or without Redis this replica's part of it. */
  readonly limit: number
  /** Calls that would be admitted now, after this one. */
  readonly remaining: number
  /** How long until the same call is admitted: 0 if it is now. Waiting exactly that long suffices, if nobody else calls. */
  readonly retryAfterMs: number
  /** How long until all of `limit` is free again, if nobody calls. */
  readonly resetMs: number
  /** Who decided. `local`: Redis did not answer in time, or is not asked at the moment. */
  readonly source: 'redis' | 'local'
}

/**
 * GCRA in its form of a leaky bucket [ITU-T I.371, A.1]: each call pours its cost in, one token of time a call, and time drains it; a call
 * that would overflow is denied and pours nothing. `level` is in nanoseconds, `at` the microsecond it was true, on the server's clock. All
 * are whole numbers below 2^53, so nothing is rounded here but the answers, and those upwards. A clock that goes back, as after a failover,
 * counts as one that stood still. What stands under the key and is not ours counts as nothing, and is replaced.
 *
 * ARGV: token in ns, max in tokens, cost in tokens, 1 to take and 0 to look.
 */
const source = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local token = tonumber(ARGV[1])
local capacity = tonumber(ARGV[2]) * token
local level, at = 0, now
local stored = redis.pcall('GET', KEYS[1])
if type(stored) == 'string' then
  local storedLevel, storedAt = string.match(stored, '^(%d+):(%d+)$')
  if storedLevel then
    level, at = math.min(tonumber(storedLevel), capacity), tonumber(storedAt)
    level = math.max(0, level - math.max(0, now - at) * 1000)
  end
end
local poured = tonumber(ARGV[3]) * token
local excess = level + poured - capacity
local take = ARGV[4] == '1'
if take and excess <= 0 then level = level + poured end
if take and (excess <= 0 or at > now) then
  redis.call('SET', KEYS[1], string.format('%.0f:%.0f', level, now), 'PX', math.ceil(level / 1000000) + 1)
end
return {
  excess <= 0 and 1 or 0,
  math.floor((capacity - level) / token),
  math.ceil(math.max(0, excess) / 1000),
  math.ceil(level / 1000)
}`

const microsecondsPerMs = 1_000

/** The limit that all who use one Redis keep together: one key and one round trip a decision. */
export class Gcra {
  readonly #redis: RedisScripts
  readonly #max: number
  readonly #tokenNs: string
  readonly #script = new RedisScript(source)

  /** `tokenNs`, whole, is how long a token takes to come back; `max` of them take less than 2^52 ns. */
  constructor(redis: RedisScripts, max: number, tokenNs: number) {
    this.#redis = redis
    this.#max = max
    this.#tokenNs = String(tokenNs)
  }

  /** @throws what the client throws; Error for an answer that is none. */
  async decide(key: string, cost: number, take: boolean): Promise<LimitDecision> {
    const reply = await this.#script.run(this.#redis, key, this.#tokenNs, String(this.#max), String(cost), take ? '1' : '0')
    const [admitted, remaining, retryUs, resetUs] = Array.isArray(reply) ? reply.map(Number) : []
    if (!isCount(admitted) || !isCount(remaining) || !isCount(retryUs) || !isCount(resetUs))
      throw new Error(`Redis answered the script of the rate limiter with ${show(reply)}`)
    return {
      admitted: admitted === 1,
      limit: this.#max,
      remaining,
      retryAfterMs: retryUs / microsecondsPerMs,
      resetMs: resetUs / microsecondsPerMs,
      source: 'redis',
    }
  }
}

function isCount(value: number | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
