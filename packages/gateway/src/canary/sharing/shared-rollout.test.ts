import { describe, expect, it } from 'vitest'
import { defaultLeaseMs, defaultReportIntervalMs, defaultSoonMs, reportJitter, SharedRollout } from './shared-rollout.js'
import { FaultyStore, members, paused, RecordingHost, rolledBack, rolloutId, stepTo, tallyOf } from './shared-rollout.fixture.js'
import { firstState } from '../rollout/rollout-moves.js'

describe('a member of a shared rollout', () => {
  it('opens it with what its host goes by, or takes what is there', async () => {
    const { clock, memory, all, begin } = members(2)
    const [one, two] = [all[0]!, all[1]!]
    one.host.rollout = firstState(5, 0)
    await begin()
    expect([one.host.rollout.weight, two.host.rollout.weight]).toEqual([5, 5])
    const late = new RecordingHost()
    await one.rollout.propose(stepTo(25, one.host.rollout), true)
    new SharedRollout(memory, rolloutId, late, { clock }).connect()
    await clock.advance(1)
    expect(late.rollout).toMatchObject({ weight: 25, epoch: 1 })
  })

  it('reports each second, a tenth more or less, all that its host counted, and hears of what all did', async () => {
    const { clock, all, begin } = members(3)
    await begin()
    for (const [index, { host }] of all.entries()) host.ownTally = tallyOf(10 ** index, index)
    await clock.advance(2 * defaultReportIntervalMs * (1 + reportJitter))
    for (const { host } of all) expect(host.adopted.at(-1)?.tally).toEqual(tallyOf(111, 3))
    const before = all.map(({ store }) => store.reports.length)
    await clock.advance(100_000)
    for (const [index, { store }] of all.entries()) {
      expect(store.reports.length - (before[index] ?? 0)).toBeGreaterThan(90)
      expect(store.reports.length - (before[index] ?? 0)).toBeLessThan(112)
    }
  })

  it('lets one lead, with what all have counted, and another one when that is silent for the time of a lease', async () => {
    const { clock, all, begin } = members(3)
    await begin()
    await clock.advance(5_000)
    expect(all.map(({ host }) => host.led.length > 0)).toEqual([true, false, false])
    const [leader, ...others] = all
    leader?.store.break(() => new Promise(() => undefined))
    for (const { host } of others) host.ownTally = tallyOf(7)
    await clock.advance(defaultLeaseMs + defaultReportIntervalMs * (1 + reportJitter))
    const leading = others.filter(({ host }) => host.led.length > 0)
    expect(leading).toHaveLength(1)
    expect(leading[0]?.host.led.at(-1)?.leader).toBe(leading[0]?.rollout.member)
    expect(leading[0]?.host.requests).toBeGreaterThanOrEqual(7)
  })

  it('does not lead before it starts and after it stops, and reports all the same', async () => {
    const { clock, all, kept } = members(1)
    const { host, rollout } = all[0]!
    rollout.connect()
    host.ownTally = tallyOf(3)
    await clock.advance(2_000)
    expect([host.led.length, host.requests, (await kept()).leader]).toEqual([0, 3, undefined])
    rollout.start()
    rollout.start()
    await clock.advance(1)
    expect([host.led.length, (await kept()).leader]).toEqual([1, 'm0'])
    rollout.stop()
    rollout.stop()
    await clock.advance(1)
    expect((await kept()).leader).toBeUndefined()
    await clock.advance(2_000)
    expect(host.led).toHaveLength(1)
  })

  it('gives the lease up when it is closed, with a last report, leaves no timer, and hears no more', async () => {
    const { clock, memory, all, begin, kept } = members(1)
    const { host, rollout } = all[0]!
    await begin()
    host.ownTally = tallyOf(5)
    const closing = rollout.close()
    expect(rollout.close()).toBe(closing)
    await closing
    expect(await kept()).toMatchObject({ leader: undefined, tally: tallyOf(5) })
    expect(clock.pendingTimers).toBe(0)
    const heard = host.adopted.length
    const { revision, rollout: stored } = await kept()
    await memory.update(rolloutId, revision, paused(stored))
    rollout.soon()
    rollout.start()
    rollout.connect()
    expect(await rollout.propose(paused(stored), false)).toBe(false)
    await clock.advance(10_000)
    expect([host.adopted.length, clock.pendingTimers]).toEqual([heard, 0])
  })

  it('reports soon what matters, many times at once, and the leader hears of its own within that time', async () => {
    const { clock, all, begin } = members(1)
    const { host, store, rollout } = all[0]!
    await begin()
    host.ownTally = tallyOf(9, 1)
    const before = store.reports.length
    for (let error = 0; error < 50; error++) rollout.soon()
    await clock.advance(defaultSoonMs - 1)
    expect(store.reports).toHaveLength(before)
    await clock.advance(1)
    expect(store.reports).toHaveLength(before + 1)
    expect(host.led.at(-1)?.tally).toEqual(tallyOf(9, 1))
    rollout.soon()
    await clock.advance(defaultSoonMs)
    expect(store.reports).toHaveLength(before + 2)
  })

  it('is no later for many that matter', async () => {
    const { clock, all, begin } = members(1, { intervalMs: 1_000, soonMs: 100 })
    const { store, rollout } = all[0]!
    await begin()
    const before = store.reports.length
    for (let ms = 0; ms < 2_000; ms += 10) {
      rollout.soon()
      await clock.advance(10)
    }
    expect(store.reports.length - before).toBeGreaterThanOrEqual(18)
    expect(store.reports.length - before).toBeLessThanOrEqual(20)
  })
})

describe('a proposal', () => {
  it('is heard of by all at once, and adopted by who made it before it is told', async () => {
    const { all, begin } = members(3)
    await begin()
    const [leader] = all
    const next = stepTo(25, leader!.host.rollout)
    expect(await leader?.rollout.propose(next, true)).toBe(true)
    for (const { host } of all) expect(host.rollout).toEqual(next)
    expect(leader?.host.adopted.filter(({ rollout }) => rollout === next)).toHaveLength(1)
  })

  it('of a leader needs the lease, one by hand does not', async () => {
    const { all, begin } = members(2)
    await begin()
    const [leader, other] = all
    const next = stepTo(25, other!.host.rollout)
    expect(await other?.rollout.propose(next, true)).toBe(false)
    expect(leader?.host.rollout.weight).toBe(10)
    expect(await other?.rollout.propose(next, false)).toBe(true)
    expect(leader?.host.rollout.weight).toBe(25)
  })

  it('loses against who was faster, whose it adopts', async () => {
    const { all, begin } = members(3)
    await begin()
    for (const { store } of all) store.break((call) => Promise.resolve().then(call)) // on its way
    const proposals = all.map(({ host, rollout }, index) => rollout.propose(stepTo(20 + index, host.rollout), false))
    expect(await Promise.all(proposals)).toEqual([true, false, false])
    for (const { host } of all) expect(host.rollout.weight).toBe(20)
  })

  it('loses against who was faster, also where no publication says so', async () => {
    const { clock, all, memory, begin, kept } = members(1)
    const { host, store, rollout } = all[0]!
    store.watch = () => () => undefined
    await begin()
    const { revision, rollout: known } = await kept()
    await memory.update(rolloutId, revision, rolledBack(known))
    expect(host.rollout.weight).toBe(10)
    const proposal = rollout.propose(stepTo(50, known), true)
    await clock.advance(1)
    expect(await proposal).toBe(false)
    expect(host.rollout.state).toBe('ROLLED_BACK')
  })

  it('may be made while leading', async () => {
    const { clock, all, begin } = members(2)
    for (const { host, rollout } of all) host.onLead = () => void rollout.propose(stepTo(host.rollout.weight + 1, host.rollout), true)
    await begin()
    await clock.advance(10_000)
    const [one, two] = all
    expect(one?.host.rollout.weight).toBeGreaterThan(17)
    expect(two?.host.rollout).toEqual(one?.host.rollout)
    for (const { store } of all) expect(store.mostUnderWay).toBe(1)
  })

  it('is refused before the rollout is known', async () => {
    const { all } = members(1)
    expect(await all[0]?.rollout.propose(stepTo(25, firstState(10, 0)), false)).toBe(false)
  })
})

it('names its process, and each member in it', () => {
  const { clock, memory } = members(0)
  const names = [1, 2].map(() => new SharedRollout(new FaultyStore(memory), rolloutId, new RecordingHost(), { clock }).member)
  expect(new Set(names).size).toBe(2)
  expect(names[0]).toContain(`:${process.pid}:`)
})
