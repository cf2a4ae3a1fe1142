import { ConfigError } from '@hazeljs/core'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import type { Redis } from 'ioredis'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { emptyTally } from '../../src/canary/rollout/rollout.js'
import { firstState } from '../../src/canary/rollout/rollout-moves.js'
import { RedisCanaryStore } from '../../src/redis/index.js'
import { clientOf, Stores } from './clients.fixture.js'

const first = firstState(10, 0)
const report = { member: 'm', epoch: 0, tally: emptyTally, leaseMs: 1_000 }
const key = (name: string) => `hazeljs:canary:{a}:${name}`
const unavailable = expect.objectContaining({ code: 'CANARY_STORE_UNAVAILABLE' }) as unknown
const unreadable = expect.objectContaining({ code: 'ROLLOUT_UNREADABLE' }) as unknown

describe.skipIf(serverIsMissing('redis-server'))('RedisCanaryStore', () => {
  let server: RedisServer
  let stores: Stores
  let redis: Redis
  let store: RedisCanaryStore

  beforeAll(async () => {
    server = await RedisServer.start()
    stores = new Stores(server.port)
    redis = clientOf(server.port)
    store = stores.open()
  })
  beforeEach(() => redis.flushall())
  afterAll(async () => {
    await stores.close()
    redis.disconnect()
    await server.kill()
  })

  it.each<[string, () => Promise<unknown>]>([
    ['a key of another type in the place of the rollout', () => redis.set(key('state'), 'text')],
    ['a key of another type in the place of the tallies', () => redis.set(key('tallies'), 'text')],
    ['a key of another type in the place of the lease', () => redis.hset(key('lease'), 'a', 'b')],
    ['a hash of somebody else', () => redis.multi().del(key('state')).hset(key('state'), 'name', 'value').exec()],
    ['the shape of a later version', () => redis.hset(key('state'), 'format', '2')],
    ['a revision that is none', () => redis.hset(key('state'), 'revision', 'x')],
    ['a revision that is no whole number', () => redis.hset(key('state'), 'revision', '0.5')],
    ['no epoch', () => redis.hdel(key('state'), 'epoch')],
    ['broken JSON', () => redis.hset(key('state'), 'rollout', '{"state":')],
    ['JSON that is no rollout', () => redis.hset(key('state'), 'rollout', '[]')],
    ['a rollout of an unknown state', () => redis.hset(key('state'), 'rollout', JSON.stringify({ ...first, state: 'NEW' }))],
    ['a tally that is none', () => redis.hset(key('tallies'), 'm2', '1 2 3')],
    ['a tally beyond all counting', () => redis.hset(key('tallies'), 'm2', Array(10).fill('9'.repeat(30)).join(' '))],
  ])('says of %s that it cannot be read, until it is removed', async (_what, spoil) => {
    await store.open('a', first)
    await redis.del(key('lease'), key('tallies'))
    await spoil()
    await expect(store.report('a', report)).rejects.toEqual(unreadable)
    await expect(store.open('a', first)).rejects.toEqual(unreadable)
    await store.remove('a')
    expect((await store.open('a', first)).rollout).toEqual(first)
  })

  it('keeps a rollout for 30 days after the last report, and its lease for the time of a lease', async () => {
    await store.open('a', first)
    await redis.pexpire(key('state'), 60_000)
    await store.report('a', report)
    const days = 86_400_000
    for (const name of ['state', 'tallies']) {
      expect(await redis.pttl(key(name))).toBeGreaterThan(29 * days)
      expect(await redis.pttl(key(name))).toBeLessThanOrEqual(30 * days)
    }
    expect(await redis.pttl(key('lease'))).toBeLessThanOrEqual(1_000)
    expect(await redis.keys('*')).toHaveLength(3)
  })

  it('does without scripts that the server has forgotten', async () => {
    await store.open('a', first)
    await redis.script('FLUSH')
    expect((await store.report('a', report)).leader).toBe('m')
  })

  it('hides what other channels and broken messages say, and goes on to hear', async () => {
    const heard: unknown[] = []
    const warnings: string[] = []
    const onWarning = ({ message }: Error) => void warnings.push(message)
    process.on('warning', onWarning)
    const stop = store.watch('a', (stored) => heard.push(stored))
    await expect.poll(() => redis.publish(key('changes'), 'nonsense'), { timeout: 5_000 }).toBe(1)
    await store.open('a', first)
    await expect.poll(() => heard.length, { timeout: 5_000 }).toBe(1)
    process.off('warning', onWarning)
    expect(warnings[0]).toContain("can't be read: expected a rollout of format 1, got nonsense")
    stop()
    await expect.poll(() => redis.publish(key('changes'), 'nonsense'), { timeout: 5_000 }).toBe(0)
  })

  it('says what Redis refuses, and tells no secrets', async () => {
    await redis.acl('SETUSER', 'reader', 'on', '>secret', '~*', '+@read')
    const refused = stores.open({}, { username: 'reader', password: 'secret', enableReadyCheck: false })
    const error: unknown = await refused.open('a', first).catch((thrown: unknown) => thrown)
    expect(error).toEqual(unavailable)
    expect((error as Error).message).toContain('NOPERM')
    expect(Object.keys((error as { cause: object }).cause)).not.toContain('command')
  })

  it('waits for no Redis that hangs, and keeps no commands for one that is away', async () => {
    const own = await RedisServer.start()
    const client = clientOf(own.port)
    const hung = new RedisCanaryStore(client, { callTimeout: 200 })
    await hung.open('a', first)
    own.hang()
    await expect(hung.report('a', report)).rejects.toEqual(unavailable)
    await own.kill()
    await expect.poll(() => client.status, { timeout: 5_000 }).toBe('reconnecting')
    await expect(hung.report('a', report)).rejects.toThrow('its client is reconnecting')
    await own.restart()
    await expect.poll(() => client.status, { timeout: 5_000 }).toBe('ready')
    await expect(hung.report('a', report)).rejects.toMatchObject({ code: 'ROLLOUT_UNKNOWN' })
    client.disconnect()
    await pause(0)
    await expect(hung.report('a', report)).rejects.toEqual(unavailable)
    await hung.close()
    await own.kill()
  }, 20_000)

  it('hears again after its connection was cut', async () => {
    const told: number[] = []
    const stop = store.watch('a', ({ rollout }) => told.push(rollout.epoch))
    let { revision } = await store.open('a', first)
    const change = async () => {
      revision = (await store.update('a', revision, { ...first, epoch: told.length + 1 }))?.revision ?? 0
      return told.length
    }
    await expect.poll(change, { timeout: 5_000 }).toBeGreaterThan(0)
    await redis.client('KILL', 'TYPE', 'pubsub')
    const before = told.length
    await expect.poll(change, { timeout: 5_000 }).toBeGreaterThan(before)
    stop()
  })
})

it('refuses wrong options, all at once', () => {
  const client: unknown = { evalsha: () => undefined }
  const make = () => new RedisCanaryStore(client as Redis, { keyPrefix: '{}', callTimeout: 0, ...({ ttl: 1 } as object) })
  expect(make).toThrow(ConfigError)
  expect(make).toThrow(/client: expected a Redis[^]*keyPrefix: [^]*callTimeout: /)
  expect(make).toThrow(/ttl: unknown option/)
})
