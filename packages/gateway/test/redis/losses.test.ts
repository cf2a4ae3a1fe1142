import { systemClock } from '@hazeljs/core'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { describe, expect, it } from 'vitest'
import { SharedRollout } from '../../src/canary/sharing/shared-rollout.js'
import { RecordingHost, rolledBack, rolloutId, stepTo, tallyOf } from '../../src/canary/sharing/shared-rollout.fixture.js'
import { afterTest } from '../harness.js'
import { clientOf, Stores } from './clients.fixture.js'

const patience = { timeout: 10_000, interval: 10 }

describe.skipIf(serverIsMissing('redis-server'))('members of a rollout whose Redis', () => {
  async function world() {
    const server = await RedisServer.start()
    const stores = new Stores(server.port)
    const redis = clientOf(server.port)
    afterTest(async () => {
      redis.disconnect()
      await stores.close()
      await server.kill()
    })
    const join = () => {
      const host = new RecordingHost()
      const rollout = new SharedRollout(stores.open(), rolloutId, host, { clock: systemClock, intervalMs: 100 })
      rollout.connect()
      rollout.start()
      afterTest(() => rollout.close())
      return { host, rollout }
    }
    const members = [join(), join(), join()] as const
    await expect.poll(() => members.every(({ host }) => host.adopted.length > 1), patience).toBe(true)
    return { redis, members, join }
  }

  it('is flushed again and again have it back each time, as it was, and nothing that they counted is missing', async () => {
    const { redis, members } = await world()
    const next = stepTo(25, members[0].host.rollout)
    expect(await members[0].rollout.propose(next, false)).toBe(true)
    for (let flush = 1; flush <= 5; flush++) {
      await redis.flushall()
      for (const { host } of members) host.ownTally = tallyOf(flush * 10)
      await expect.poll(() => members.map(({ host }) => host.requests), patience).toEqual([flush * 30, flush * 30, flush * 30])
      for (const { host } of members) expect([host.rollout, host.log]).toEqual([next, []])
    }
    const leading = members.filter(({ host, rollout }) => host.adopted.at(-1)?.leader === rollout.member)
    expect(leading).toHaveLength(1)
  })

  it('is flushed while a new gateway comes, stay rolled back, and so does that', async () => {
    const { redis, members, join } = await world()
    const state = rolledBack(members[0].host.rollout)
    expect(await members[0].rollout.propose(state, false)).toBe(true)
    await expect.poll(() => members.every(({ host }) => host.rollout.epoch === state.epoch), patience).toBe(true)
    await redis.flushall()
    const newcomer = join()
    await expect.poll(() => newcomer.host.rollout, patience).toEqual(state)
    for (const { host } of members) expect(host.rollout).toEqual(state)
  })
})
