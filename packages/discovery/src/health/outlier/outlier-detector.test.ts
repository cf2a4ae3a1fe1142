import { describe, expect, it } from 'vitest'
import { sampleInstance } from '../../testing/sample-instance.js'
import { detecting, pool } from './outlier-detector.fixture.js'

describe('failures in a row', () => {
  it('eject at the fifth, for 30 s, and tell so once', async () => {
    const { record, ejected, ejections, readmissions, members, clock, told } = detecting(4)
    record(1, 'failure', 4)
    expect(ejected()).toEqual([])
    record(1, 'failure')
    expect(ejected()).toEqual([1])
    expect(ejections).toEqual([{ instance: members[1], reason: 'consecutive-failures', failures: 5, durationMs: 30_000 }])
    await clock.advance(29_999)
    expect(ejected()).toEqual([1])
    expect(told.changes).toBe(1)
    await clock.advance(1)
    expect(ejected()).toEqual([])
    expect(readmissions).toEqual([{ instance: members[1], reason: 'time' }])
    expect(told.changes).toBe(2)
  })

  it('are ended by a success and left alone by what is ignored', () => {
    const { record, ejected } = detecting(4)
    record(0, 'failure', 4)
    record(0, 'success')
    record(0, 'failure', 4)
    record(0, 'ignored', 10)
    expect(ejected()).toEqual([])
    record(0, 'failure')
    expect(ejected()).toEqual([0])
  })

  it('are counted anew after the ejection, whatever ended meanwhile', async () => {
    const { record, ejected, clock } = detecting(4)
    record(0, 'failure', 9)
    await clock.advance(30_000)
    record(0, 'failure', 4)
    expect(ejected()).toEqual([])
    record(0, 'failure')
    expect(ejected()).toEqual([0])
  })

  it('do nothing when the rule is off', () => {
    const { record, ejected } = detecting(4, { consecutiveFailures: false })
    record(0, 'failure', 1_000)
    expect(ejected()).toEqual([])
  })

  it('eject as soon as there is room', async () => {
    const { record, ejected, clock } = detecting(4)
    record(0, 'failure', 5)
    record(1, 'failure', 7)
    expect(ejected()).toEqual([0])
    await clock.advance(30_000)
    record(1, 'failure')
    expect(ejected()).toEqual([1])
  })
})

describe('the share of failures', () => {
  const failing = { consecutiveFailures: false, minRequests: 50 } as const

  it('ejects at the end of the interval', async () => {
    const { record, ejected, ejections, clock } = detecting(4, failing)
    for (const index of [0, 1, 2, 3]) record(index, 'success', 50)
    record(2, 'failure', 284)
    await clock.advance(9_999)
    expect(ejected()).toEqual([])
    await clock.advance(1)
    expect(ejected()).toEqual([2])
    expect(ejections).toMatchObject([{ reason: 'failure-percentage', failures: 284, durationMs: 30_000 }])
  })

  it.each([
    ['a share below 85 %', { failures: 42, successes: 8 }, 3],
    ['fewer than 50 requests', { failures: 49, successes: 0 }, 3],
    ['fewer than 3 hosts with 50 requests', { failures: 50, successes: 0 }, 2],
  ])('leaves alone %s', async (_what, { failures, successes }, hosts) => {
    const { record, ejected, clock } = detecting(4, failing)
    for (let index = 1; index < hosts; index++) record(index, 'success', 50)
    record(0, 'success', successes)
    record(0, 'failure', failures)
    await clock.advance(10_000)
    expect(ejected()).toEqual([])
  })

  it('forgets an interval when it is over', async () => {
    const { record, ejected, clock } = detecting(4, failing)
    for (let interval = 0; interval < 3; interval++) {
      for (const index of [0, 1, 2]) record(index, index === 0 ? 'failure' : 'success', 25)
      await clock.advance(10_000)
    }
    expect(ejected()).toEqual([])
  })

  it('ejects the worst where there is room for one only', async () => {
    const { record, ejected, clock } = detecting(4, failing)
    record(0, 'failure', 90)
    record(0, 'success', 10)
    record(1, 'failure', 50)
    record(2, 'success', 50)
    await clock.advance(10_000)
    expect(ejected()).toEqual([1])
  })

  it('keeps no timer once no calls end', async () => {
    const { record, clock } = detecting(4)
    expect(clock.pendingTimers).toBe(0)
    record(0, 'success')
    expect(clock.pendingTimers).toBe(1)
    await clock.advance(20_000)
    expect(clock.pendingTimers).toBe(0)
    record(0, 'success')
    expect(clock.pendingTimers).toBe(1)
  })
})

describe('the registry', () => {
  it('readmits who comes back UP', async () => {
    const { detector, members, record, ejected, readmissions, told, clock } = detecting(4)
    record(0, 'failure', 5)
    await clock.advance(0)
    const others = members.slice(1)
    detector.update([sampleInstance({ port: 3_000, status: 'DOWN' }), ...others])
    expect(detector.of(members[0] ?? sampleInstance()).ejected).toBe(true)
    detector.update(members)
    expect(ejected()).toEqual([])
    expect(readmissions).toMatchObject([{ reason: 'status' }])
    await clock.advance(0)
    expect(told.changes).toBe(1)
  })

  it('has the failures forgotten of who was away', () => {
    const { detector, members, record, ejected } = detecting(4)
    record(0, 'failure', 4)
    detector.update([sampleInstance({ port: 3_000, status: 'OUT_OF_SERVICE' }), ...members.slice(1)])
    detector.update(members)
    record(0, 'failure', 4)
    expect(ejected()).toEqual([])
    record(0, 'failure')
    expect(ejected()).toEqual([0])
  })

  it('keeps a record as long as the instance stays what it is', () => {
    const { detector, members, host, record, ejected } = detecting(4)
    record(0, 'failure', 5)
    const before = host(0)
    detector.update(pool(4, { metadata: { version: '2' }, lastHeartbeat: 5 }))
    expect(host(0)).toBe(before)
    expect(ejected()).toEqual([0])
    expect(detector.of({ ...(members[0] ?? sampleInstance()), tags: ['new'] })).toBe(before)
  })

  it.each([{ host: '127.0.0.2' }, { port: 4_000 }, { protocol: 'https' as const }, { registeredAt: 7 }])(
    'brings a new host when the same id has %o',
    (change) => {
      const { detector, members, record } = detecting(4)
      record(0, 'failure', 5)
      const changed = { ...(members[0] ?? sampleInstance()), ...change }
      detector.update([changed, ...members.slice(1)])
      expect(detector.of(changed).ejected).toBe(false)
    },
  )

  it('makes room when an ejected one leaves; what it still records hurts nobody', async () => {
    const { detector, members, host, record, ejected, told, clock } = detecting(5)
    record(0, 'failure', 5)
    const gone = host(0)
    detector.update(members.slice(1))
    for (let time = 0; time < 10; time++) gone.record('failure')
    expect(ejected()).not.toContain(0)
    record(1, 'failure', 5)
    expect(ejected()).toEqual([1])
    await clock.advance(60_000)
    expect(told.changes).toBe(2)
  })

  it('has those judged by their status that come through of() first', () => {
    const { detector, members, record, ejected } = detecting(0)
    for (const instance of pool(2)) members.push(instance)
    record(0, 'failure', 5)
    expect(ejected()).toEqual([])
    record(1, 'failure', 5)
    expect(ejected()).toEqual([1])
    detector.update([])
  })
})

describe('an active check', () => {
  it('readmits, and is told once', async () => {
    const { detector, members, record, ejected, readmissions, told, clock } = detecting(4)
    record(0, 'failure', 5)
    await clock.advance(0)
    const id = members[0]?.id ?? ''
    detector.readmit(id)
    detector.readmit(id)
    detector.readmit('nobody')
    expect(ejected()).toEqual([])
    expect(readmissions).toMatchObject([{ reason: 'check' }])
    await clock.advance(0)
    expect(told.changes).toBe(2)
  })
})

describe('OutlierDetector', () => {
  it('makes one change of all ejections of a moment', async () => {
    const { record, ejected, told, clock } = detecting(10)
    for (const index of [0, 1, 2]) record(index, 'failure', 5)
    expect(ejected()).toHaveLength(3)
    await clock.advance(0)
    expect(told.changes).toBe(1)
    await clock.advance(30_000)
    expect(ejected()).toHaveLength(0)
    expect(told.changes).toBe(2)
  })

  it('is silent once it is closed, and holds no timer', async () => {
    const { detector, record, ejections, told, clock } = detecting(4)
    record(0, 'failure', 5)
    detector.close()
    record(1, 'failure', 5)
    record(2, 'success')
    expect(clock.pendingTimers).toBe(0)
    await clock.advance(60_000)
    expect(ejections).toHaveLength(1)
    expect(told.changes).toBe(0)
  })
})
