import { createHash } from 'node:crypto'
import { maxTimerMs } from '@hazeljs/core'

/** A Lua script, sent whole only to a server that does not know it: after SCRIPT FLUSH, a restart or a failover. */
export interface RedisScript {
  readonly source: string
  readonly sha1: string
}

/** What scripts of one service share. A lease ends on the server's clock: those of the callers need not agree. */
const service = `
local instances, expiries, changes, channel = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/** Keys outlive the leases by far, yet not for ever: a service that is never seen again leaves nothing behind. */
const keep = `
local function keep(ms)
  local left = redis.call('PTTL', expiries)
  if left >= ms / 2 then return end
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ms) end
end
`

/**
 * Tells a change with its place in the order of changes, and how long until the next lease ends. The epoch is new when the count was lost,
 * so that nobody takes a count that begins again for one that goes on.
 */
const tell = `
local function untilExpiry()
  local first = redis.call('ZRANGE', expiries, 0, 0, 'WITHSCORES')
  if not first[2] then return -1 end
  return math.min(math.max(0, first[2] - now), ${maxTimerMs})
end
local function tell(kind, ids, text)
  local epoch = redis.call('HGET', changes, 'epoch')
  if not epoch then
    epoch = string.format('%.0f', time[1] * 1000000 + time[2])
    redis.call('HSET', changes, 'epoch', epoch)
  end
  local sequence = redis.call('HINCRBY', changes, 'sequence', 1)
  local head = epoch .. ' ' .. string.format('%.0f', sequence) .. ' ' .. string.format('%.0f', untilExpiry()) .. ' ' .. kind
  redis.call('PUBLISH', channel, head .. '\\n' .. cjson.encode(ids) .. '\\n' .. (text or ''))
end
`

const count = `
local function count()
  local epoch, sequence = unpack(redis.call('HMGET', changes, 'epoch', 'sequence'))
  return {epoch or '', sequence or '0'}
end
`

/** An instance without a lease would never end: whoever wrote it, it goes. */
const dropExpired = `
local function dropExpired()
  local expired = redis.call('ZRANGEBYSCORE', expiries, '-inf', now)
  for _, id in ipairs(expired) do
    redis.call('HDEL', instances, id)
    redis.call('ZREM', expiries, id)
  end
  if #expired > 0 then tell('expired', expired) end
  if redis.call('HLEN', instances) <= redis.call('ZCARD', expiries) then return end
  for _, id in ipairs(redis.call('HKEYS', instances)) do
    if not redis.call('ZSCORE', expiries, id) then redis.call('HDEL', instances, id) end
  end
end
`

/** ARGV: channel, ttl, how long to keep the keys, id, instance. */
export const registerScript = script(
  service,
  keep,
  tell,
  `
redis.call('HSET', instances, ARGV[4], ARGV[5])
redis.call('ZADD', expiries, now + ARGV[2], ARGV[4])
tell('put', {ARGV[4]}, ARGV[5])
keep(tonumber(ARGV[3]))
`,
)

/** ARGV: channel, ttl, how long to keep the keys, id. 1 when the lease is renewed, 0 when there is none. */
export const heartbeatScript = script(
  service,
  keep,
  `
local expiry = redis.call('ZSCORE', expiries, ARGV[4])
if not expiry or tonumber(expiry) <= now or redis.call('HEXISTS', instances, ARGV[4]) == 0 then return 0 end
redis.call('ZADD', expiries, now + ARGV[2], ARGV[4])
keep(tonumber(ARGV[3]))
return 1
`,
)

/** ARGV: channel, id. 1 when it was there. */
export const deregisterScript = script(
  service,
  tell,
  `
local removed = redis.call('HDEL', instances, ARGV[2]) + redis.call('ZREM', expiries, ARGV[2])
if removed == 0 then return 0 end
tell('deregistered', {ARGV[2]})
return 1
`,
)

/** ARGV: channel, id. The instance's text and when its lease ends; nothing where it has none. */
export const getScript = script(
  service,
  `
local expiry = redis.call('ZSCORE', expiries, ARGV[2])
local text = redis.call('HGET', instances, ARGV[2])
if not text or not expiry or tonumber(expiry) <= now then return false end
return {text, expiry}
`,
)

/** ARGV: channel, id, the text as it was read, the text to put in its place. 0 when it is another by now. */
export const replaceScript = script(
  service,
  tell,
  `
if redis.call('HGET', instances, ARGV[2]) ~= ARGV[3] then return 0 end
redis.call('HSET', instances, ARGV[2], ARGV[4])
tell('put', {ARGV[2]}, ARGV[4])
return 1
`,
)

/** ARGV: channel. All ids with their texts, all ids with the ends of their leases, the epoch and the sequence number. */
export const listScript = script(
  service,
  count,
  tell,
  dropExpired,
  `
dropExpired()
local after = count()
return {redis.call('HGETALL', instances), redis.call('ZRANGE', expiries, 0, -1, 'WITHSCORES'), after[1], after[2]}
`,
)

/** ARGV: channel. How many milliseconds until the next lease ends, -1 without any. */
export const expireScript = script(
  service,
  tell,
  dropExpired,
  `
dropExpired()
return untilExpiry()
`,
)

/**
 * ARGV: channel, the epoch and the sequence number that the caller knows. How many milliseconds until the next lease ends, and where the
 * caller is behind, the epoch, the sequence number, and all ids with their texts.
 */
export const syncScript = script(
  service,
  count,
  tell,
  dropExpired,
  `
local before = count()
local isBehind = before[1] ~= ARGV[2] or before[2] ~= ARGV[3]
dropExpired()
if not isBehind then return {untilExpiry()} end
local after = count()
return {untilExpiry(), after[1], after[2], redis.call('HGETALL', instances)}
`,
)

/** ARGV: channel. How many instances have a lease. */
export const countScript = script(service, `return redis.call('ZCOUNT', expiries, '(' .. string.format('%.0f', now), '+inf')`)

/** KEYS: the index of services. ARGV: a name. */
export const noteServiceScript = script(`
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], string.format('%.0f', time[1] * 1000000 + time[2]), ARGV[1])
`)

/** KEYS: the index of services. All names, each with when it was noted. */
export const servicesScript = script(`return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')`)

/** KEYS: the index of services. ARGV: a name, and when it was noted as the caller knows: a service that came back since then stays. */
export const forgetServiceScript = script(`
if redis.call('ZSCORE', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('ZREM', KEYS[1], ARGV[1]) end
`)

/** KEYS: an id's owner. ARGV: the service, for how many milliseconds. The service it belonged to until now. */
export const ownScript = script(`
local before = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return before
`)

/** KEYS: an id's owner. */
export const ownerScript = script(`return redis.call('GET', KEYS[1])`)

/** KEYS: an id's owner. ARGV: the service that it belonged to. */
export const disownScript = script(`if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`)

function script(...parts: readonly string[]): RedisScript {
  const source = parts.join('')
  return { source, sha1: createHash('sha1').update(source).digest('hex') }
}
