import { createHash } from 'node:crypto'

/** A Lua script, sent whole only to a server that does not know it: after SCRIPT FLUSH, a restart or a failover. */
export interface RolloutScript {
  readonly source: string
  readonly sha1: string
}

/** The shape of what stands in the keys. A store reads its own only, and says so of others. */
export const format = '1'
/** Numbers of a tally, in a text. */
export const numbersOfTally = 10
/** A rollout that nobody reports of is forgotten after so long; every report begins the time anew, to a day. */
export const retentionMs = 30 * 86_400_000
const retentionStepMs = 86_400_000

/** KEYS: state, tallies, lease. ARGV[1]: the channel. What is found is `revision`, `epoch` and `rollout`, or `false`. */
const open = `
local state, tallies, lease, channel = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local found = redis.call('HMGET', state, 'format', 'revision', 'epoch', 'rollout')
local isThere = redis.call('EXISTS', state) == 1
local revision, epoch, rollout = tonumber(string.match(found[2] or '', '^%d+$')), found[3], found[4]
if isThere and (found[1] ~= '${format}' or not (revision and epoch and rollout)) then
  return redis.error_reply('UNREADABLE ' .. state .. ' holds no rollout of format ${format}')
end
`

/** The larger of two numbers at each place: of two reports of one member those are the later ones, whichever came first. */
const numbers = `
local function numbersOf(text)
  local read = {}
  for number in string.gmatch(text, '%d+') do read[#read + 1] = tonumber(number) end
  return #read == ${numbersOfTally} and read or nil
end
local function textOf(list)
  for place, number in ipairs(list) do list[place] = string.format('%.0f', number) end
  return table.concat(list, ' ')
end
`

/** What a caller gets, and a watch is told: format and revision, the sum of all tallies, the leader, and the rollout, a line each. */
const tell = `
local function whole()
  local sum = {}
  for place = 1, ${numbersOfTally} do sum[place] = 0 end
  for _, text in ipairs(redis.call('HVALS', tallies)) do
    local read = numbersOf(text)
    if not read then return redis.error_reply('UNREADABLE ' .. tallies .. ' holds what is no tally') end
    for place, number in ipairs(read) do sum[place] = sum[place] + number end
  end
  local leader = redis.call('GET', lease) or ''
  return table.concat({'${format} ' .. string.format('%.0f', revision), textOf(sum), leader, rollout}, '\\n')
end
local function keep()
  for place = 1, 2 do
    if redis.call('PTTL', KEYS[place]) < ${retentionMs - retentionStepMs} then redis.call('PEXPIRE', KEYS[place], ${retentionMs}) end
  end
end
`

/** Revisions follow the server's clock, in microseconds, so that they rise also where the last one was lost. */
const write = `
local function write(newEpoch, newRollout)
  local time = redis.call('TIME')
  revision = math.max((revision or 0) + 1, time[1] * 1000000 + time[2])
  if epoch ~= newEpoch then redis.call('DEL', tallies) end
  epoch, rollout = newEpoch, newRollout
  redis.call('HSET', state, 'format', '${format}', 'revision', string.format('%.0f', revision), 'epoch', epoch, 'rollout', rollout)
  keep()
  local text = whole()
  if type(text) == 'string' then redis.call('PUBLISH', channel, text) end
  return text
end
`

/** ARGV: channel, epoch, rollout. The rollout, which is this one where there was none. */
export const openScript = script(
  open,
  numbers,
  tell,
  write,
  `
if isThere then return whole() end
return write(ARGV[2], ARGV[3])
`,
)

/** ARGV: channel, member, epoch, tally, lease in milliseconds. The rollout, or nothing where there is none. */
export const reportScript = script(
  open,
  numbers,
  tell,
  `
if not isThere then return false end
local member, leaseMs = ARGV[2], tonumber(ARGV[5])
if ARGV[3] == epoch then
  local tally = numbersOf(ARGV[4])
  local before = numbersOf(redis.call('HGET', tallies, member) or '') or {}
  for place, number in ipairs(tally) do tally[place] = math.max(number, before[place] or 0) end
  redis.call('HSET', tallies, member, textOf(tally))
end
local leader = redis.call('GET', lease)
if leaseMs > 0 and (not leader or leader == member) then redis.call('SET', lease, member, 'PX', ARGV[5])
elseif leaseMs <= 0 and leader == member then redis.call('DEL', lease) end
keep()
return whole()
`,
)

/** ARGV: channel, the revision that is known, epoch, rollout, leader or nothing. The rollout, or nothing where it was not so. */
export const updateScript = script(
  open,
  numbers,
  tell,
  write,
  `
if not isThere or string.format('%.0f', revision) ~= ARGV[2] then return false end
if ARGV[5] ~= '' and redis.call('GET', lease) ~= ARGV[5] then return false end
return write(ARGV[3], ARGV[4])
`,
)

/** Whatever stands there. */
export const removeScript = script(`redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])`)

function script(...parts: readonly string[]): RolloutScript {
  const source = parts.join('')
  return { source, sha1: createHash('sha1').update(source).digest('hex') }
}
