import { HazelError } from '@hazeljs/core'
import { describe, expect, it } from 'vitest'
import { defaultReportIntervalMs, lastRetryMs, SharedRollout } from './shared-rollout.js'
import { members, paused, RecordingHost, rolledBack, rolloutId, stepTo, tallyOf } from './shared-rollout.fixture.js'
import type { RolloutState } from '../rollout/rollout.js'
import { storeCallLimitMs } from './store-link.js'

const away = () => Promise.reject(new Error('away'))
const hang = () => new Promise<never>(() => undefined)

describe('without its store a member of a shared rollout', () => {
  it('says so once, decides nothing, and tries on for ever, less and less often', async () => {
    const { clock, all, begin } = members(1)
    const { host, store, rollout } = all[0]!
    await begin()
    const known = host.rollout
    expect(rollout.isConnected).toBe(true)
    store.break(away)
    expect(await rollout.propose(stepTo(25, known), true)).toBe(false)
    host.ownTally = tallyOf(40)
    const [led, before] = [host.led.length, store.reports.length]
    await clock.advance(60_000)
    expect([host.log, host.led.length, host.rollout]).toEqual([['away'], led, known])
    expect(rollout.isConnected).toBe(false)
    expect(store.reports.length - before).toBeGreaterThan(25)
    expect(store.reports.length - before).toBeLessThan(40)

    store.heal()
    await clock.advance(lastRetryMs * 1.1)
    expect(host.log).toEqual(['away', 'recovered'])
    expect([rollout.isConnected, host.requests, host.led.length > led]).toEqual([true, 40, true])
    store.break(away)
    await clock.advance(2_000)
    expect(host.log).toEqual(['away', 'recovered', 'away'])
  })

  it('begins with what it has, and opens the rollout when the store comes', async () => {
    const { clock, all, begin, kept } = members(1)
    const { host, store, rollout } = all[0]!
    store.break(away)
    await begin()
    expect(await rollout.propose(stepTo(25, host.rollout), false)).toBe(false)
    await clock.advance(10_000)
    expect([host.log, host.adopted.length]).toEqual([['away'], 0])
    store.heal()
    await clock.advance(lastRetryMs * 1.1)
    expect((await kept()).rollout).toEqual(host.rollout)
    expect(host.led).not.toEqual([])
  })

  it('has one report under way, however long the store hangs, and gives each up after a while', async () => {
    const { clock, all, begin } = members(1)
    const { host, store, rollout } = all[0]!
    await begin()
    store.break(hang)
    const proposal = rollout.propose(stepTo(25, host.rollout), true)
    await clock.advance(defaultReportIntervalMs * 1.1)
    for (const method of ['soon', 'start', 'stop', 'connect', 'start'] as const) rollout[method]()
    await clock.advance(storeCallLimitMs - 300)
    expect(store.mostUnderWay).toBe(1)
    await clock.advance(300)
    expect(await proposal).toBe(false)
    expect(host.log).toEqual([expect.stringContaining('did not answer within 5 s')])
    store.heal()
    await clock.advance(storeCallLimitMs + lastRetryMs)
    expect(host.log.at(-1)).toBe('recovered')
  })

  it('is not led astray by answers that come late', async () => {
    const { clock, all, begin } = members(2)
    const [one, two] = [all[0]!, all[1]!]
    await begin()
    const old = one.host.rollout
    one.store.break(async (call) => {
      const answer = await call()
      await clock.sleep(500)
      return answer
    })
    await clock.advance(defaultReportIntervalMs * 1.1)
    expect(await two.rollout.propose(rolledBack(old), false)).toBe(true)
    const led = one.host.led.length
    one.store.update = () => Promise.reject(new Error('the answer was taken for a loss'))
    await clock.advance(500)
    expect([one.host.rollout.state, one.host.led.length]).toEqual(['ROLLED_BACK', led])
    await clock.advance(3_000)
    expect([one.host.led.at(-1)?.rollout.state, one.host.log]).toEqual(['ROLLED_BACK', []])
  })

  it('ends with a store that hangs', async () => {
    const { clock, all, begin } = members(1)
    const { host, store, rollout } = all[0]!
    await begin()
    store.break(hang)
    await clock.advance(1_100)
    const closed = rollout.close()
    await clock.advance(storeCallLimitMs)
    await closed
    expect([clock.pendingTimers, host.log]).toEqual([0, []])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('a bug')
      },
    ],
    ['resolves with nothing', () => Promise.resolve(undefined)],
    ['resolves with anything', () => Promise.resolve({ revision: 5 })],
    ['says for ever that it knows nothing', () => Promise.reject(new HazelError('ROLLOUT_UNKNOWN', 'what?'))],
  ])('is not hurt by one that %s', async (_how, fault: () => Promise<unknown>) => {
    const { clock, all, begin } = members(1)
    const { host, store, rollout } = all[0]!
    await begin()
    const known = host.rollout
    store.break(fault)
    await rollout.propose(stepTo(25, known), true)
    await clock.advance(20_000)
    expect([host.rollout, store.reports.length < 250, host.log.length < 2]).toEqual([known, true, true])
    store.heal()
    await clock.advance(5_000)
    expect(rollout.isConnected).toBe(true)
    await rollout.close()
  })

  it('watches later where it cannot watch at once', async () => {
    const { clock, all } = members(1)
    const { host, store, rollout } = all[0]!
    const watch = store.watch.bind(store)
    store.watch = () => {
      throw new Error('no watches')
    }
    rollout.connect()
    await clock.advance(5_000)
    expect(host.log).toEqual(['no watches'])
    store.watch = watch
    await clock.advance(2_500)
    expect(rollout.isConnected).toBe(true)
  })
})

describe('a store that has lost the rollout', () => {
  it('gets it back from its members, as it was and with all that they counted', async () => {
    const { clock, memory, all, begin, kept } = members(3)
    await begin()
    const next = stepTo(50, stepTo(25, all[0]!.host.rollout))
    await all[0]!.rollout.propose(next, true)
    for (const { host } of all) host.ownTally = tallyOf(5)
    await clock.advance(2_000)
    await memory.remove(rolloutId)
    await clock.advance(3_000)
    expect(await kept()).toMatchObject({ rollout: next, tally: tallyOf(15) })
    for (const { host } of all) expect([host.rollout, host.log]).toEqual([next, []])
    expect(all.some(({ host, rollout }) => host.led.at(-1)?.leader === rollout.member)).toBe(true)
  })

  it.each([
    ['a later step', (rollout) => stepTo(50, stepTo(25, rollout))],
    ['a rollback', rolledBack],
  ] as [string, typeof rolledBack][])('is told of %s, although a new gateway was faster to open it', async (_what, next) => {
    const { clock, memory, all, begin } = members(2)
    await begin()
    const state = next(all[0]!.host.rollout)
    await all[0]!.rollout.propose(state, true)
    await memory.remove(rolloutId)
    const newcomer = new RecordingHost()
    new SharedRollout(memory, rolloutId, newcomer, { clock, member: 'new' }).connect()
    await clock.advance(1)
    for (const { host } of all) expect(host.rollout).toEqual(state)
    await clock.advance(500)
    for (const host of [newcomer, ...all.map((member) => member.host)]) expect(host.rollout).toEqual(state)
  })

  it('is told of a pause that it has lost', async () => {
    const { clock, all, begin } = members(1)
    const { host, store, rollout } = all[0]!
    await begin()
    const before = host.adopted.at(-1)!
    expect(await rollout.propose(paused(host.rollout), false)).toBe(true)
    let told: unknown
    store.report = () => Promise.resolve(before)
    store.update = (_id, revision, next) => {
      told = [revision, next.state]
      return Promise.resolve({ ...before, revision: revision + 5, rollout: next })
    }
    await clock.advance(1_100)
    expect(told).toEqual([before.revision, 'PAUSED'])
    expect(host.rollout.state).toBe('PAUSED')
  })

  it.each([rolledBack, paused, (rollout: RolloutState) => stepTo(50, rollout)])(
    'is told of what was done by hand while it was away, if it knows nothing later: %o',
    async (move) => {
      const { clock, all, begin, kept } = members(2)
      const { host, store } = all[0]!
      await begin()
      store.break(away)
      await clock.advance(2_000)
      const moved = move(host.rollout)
      host.rollout = moved
      store.heal()
      await clock.advance(5_000)
      expect((await kept()).rollout).toEqual(moved)
      for (const member of all) expect(member.host.rollout).toEqual(moved)
    },
  )

  it('keeps a later step against a pause by hand while it was away, and not against a rollback', async () => {
    for (const [move, state] of [
      [paused, 'ACTIVE'],
      [rolledBack, 'ROLLED_BACK'],
    ] as const) {
      const { clock, all, begin } = members(2)
      const [one, two] = [all[0]!, all[1]!]
      await begin()
      one.store.break(away)
      await clock.advance(2_000)
      one.host.rollout = move(one.host.rollout)
      expect(await two.rollout.propose(stepTo(50, two.host.rollout), false)).toBe(true)
      one.store.heal()
      await clock.advance(5_000)
      for (const { host } of all) expect(host.rollout.state).toBe(state)
    }
  })

  it('takes no answer that was on its way for news about what was just done by hand', async () => {
    const { clock, all, begin, kept } = members(1)
    const { host, store } = all[0]!
    await begin()
    store.break(async (call) => {
      const answer = await call()
      await clock.sleep(400)
      return answer
    })
    await clock.advance(1_110)
    expect(store.underWay).toBe(1)
    const heard = host.adopted.length
    host.rollout = paused(host.rollout)
    await clock.advance(3_000)
    expect(host.adopted.slice(heard).map(({ rollout }) => rollout.state)).not.toContain('ACTIVE')
    expect((await kept()).rollout.state).toBe('PAUSED')
  })
})
