import { ConfigError } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aggregateMetrics, MetricsCollector } from './metrics-collector.js'

const empty = {
  totalCalls: 0,
  successCalls: 0,
  failureCalls: 0,
  failureRate: 0,
  averageResponseTime: 0,
  p50: 0,
  p95: 0,
  p99: 0,
  min: 0,
  max: 0,
  lastCallTime: undefined,
  lastError: undefined,
}

it('counts successes and failures with their times', () => {
  const clock = new FakeClock(0, 1_000_000)
  const collector = new MetricsCollector(undefined, clock)
  expect(collector.getSnapshot()).toEqual(empty)
  clock.jump(500)
  collector.recordSuccess(45)
  collector.recordFailure(500, 'no error')
  collector.recordSuccess(0)
  clock.jump(250)
  expect(collector.getSnapshot()).toMatchObject({
    totalCalls: 3,
    successCalls: 2,
    failureCalls: 1,
    min: 0,
    max: 500,
    lastCallTime: 1_000_500,
  })
  expect(collector.getSnapshot().failureRate).toBeCloseTo(33.33)
  expect(collector.getSnapshot().averageResponseTime).toBeCloseTo(181.67)
  expect(collector.getSnapshot().lastError?.cause).toBe('no error')
  expect(collector.getFailureRate()).toBeCloseTo(33.33)
})

it('gives nearest-rank percentiles within 2 %', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.nat(3_000), fc.double({ min: 0, max: 50, noNaN: true })), { minLength: 1, maxLength: 300, size: 'max' }),
      (times) => {
        const collector = new MetricsCollector()
        for (const ms of times) collector.recordSuccess(ms)
        const sorted = times.toSorted((a, b) => a - b)
        const snapshot = collector.getSnapshot()
        for (const [percent, value] of [
          [50, snapshot.p50],
          [95, snapshot.p95],
          [99, snapshot.p99],
        ] as const) {
          const exactly = sorted[Math.ceil((percent / 100) * sorted.length) - 1] as number
          expect(Math.abs(value - exactly)).toBeLessThanOrEqual(exactly * 0.02 + 1e-6)
        }
        expect([snapshot.min, snapshot.max]).toEqual([sorted[0], sorted.at(-1)])
      },
    ),
  )
})

it('shows one call exactly', () => {
  const collector = new MetricsCollector()
  collector.recordSuccess(45)
  expect(collector.getSnapshot()).toMatchObject({ p50: 45, p95: 45, p99: 45, min: 45, max: 45, averageResponseTime: 45 })
})

describe('the window', () => {
  it('keeps calls for at least eleven twelfths of it and at most all of it', () => {
    const clock = new FakeClock(1_234)
    const collector = new MetricsCollector('1m', clock)
    collector.recordFailure(10)
    clock.jump(55_000)
    expect(collector.getSnapshot().totalCalls).toBe(1)
    clock.jump(5_000)
    expect(collector.getSnapshot()).toMatchObject({ ...empty, lastCallTime: expect.any(Number) as number })
    expect(collector.getFailureRate()).toBe(0)
  })

  it('forgets everything in a long gap, and counts on', () => {
    const clock = new FakeClock()
    const collector = new MetricsCollector('1m', clock)
    for (let second = 0; second < 60; second++) {
      collector.recordSuccess(second)
      clock.jump(1_000)
    }
    clock.jump(3_600_000)
    collector.recordSuccess(7)
    expect(collector.getSnapshot()).toMatchObject({ totalCalls: 1, p99: 7 })
  })

  it('holds what the buckets that it covers hold, whatever the gaps', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ gapMs: fc.nat(15_000), ms: fc.nat(100) }), { maxLength: 60, size: 'max' }), (calls) => {
        const clock = new FakeClock()
        const collector = new MetricsCollector(12_000, clock)
        const seen: { readonly step: number; readonly ms: number }[] = []
        for (const { gapMs, ms } of calls) {
          clock.jump(gapMs)
          collector.recordSuccess(ms)
          const step = Math.floor(clock.now() / 1_000)
          seen.push({ step, ms })
          const kept = seen.filter((one) => one.step > step - 12)
          expect(collector.getSnapshot()).toMatchObject({ totalCalls: kept.length, max: Math.max(...kept.map((one) => one.ms)) })
        }
      }),
    )
  })

  it('is validated', () => {
    for (const window of [0, -1, 'soon', Number.NaN]) expect(() => new MetricsCollector(window)).toThrow(ConfigError)
    expect(new MetricsCollector().windowMs).toBe(60_000)
  })
})

it('begins anew at a reset', () => {
  const collector = new MetricsCollector()
  collector.recordFailure(5, new Error('down'))
  collector.reset()
  expect(collector.getSnapshot()).toEqual(empty)
})

it.each([[-1], [Number.NaN], [Infinity], ['5' as never]])('refuses %s as a time', (ms) => {
  const collector = new MetricsCollector()
  expect(() => collector.recordSuccess(ms)).toThrow(RangeError)
  expect(() => collector.recordFailure(ms)).toThrow(RangeError)
  expect(collector.getSnapshot()).toEqual(empty)
})

it('knows when it was last called, in wall time, also of a call before the window', () => {
  const clock = new FakeClock(700, 1_000_000)
  const collector = new MetricsCollector('1m', clock)
  expect([collector.lastCallTime, collector.lastErrorTime, collector.lastError]).toEqual([undefined, undefined, undefined])
  collector.recordFailure(5, 'text')
  clock.jump(250)
  collector.recordFailure(5)
  collector.recordSuccess(5)
  clock.jump(600_000)
  expect([collector.lastCallTime, collector.lastErrorTime]).toEqual([1_000_250, 1_000_000])
  expect(collector.getSnapshot()).toMatchObject({ totalCalls: 0, lastCallTime: 1_000_250 })
  expect(collector.lastError).toMatchObject({ cause: 'text' })
})

it('leaves out nothing and repeats nothing when a clock goes back or starts below 0', () => {
  const clock = new FakeClock(-30_000)
  const collector = new MetricsCollector(12_000, clock)
  const totals: number[] = []
  for (const jumpMs of [0, 5_000, -2_000, 1_000, 4_000, 4_000, 12_000]) {
    clock.jump(jumpMs)
    collector.recordSuccess(1)
    totals.push(collector.getSnapshot().totalCalls)
  }
  expect(totals).toEqual([1, 2, 3, 4, 5, 5, 1])
})

describe('aggregateMetrics', () => {
  it('equals one collector that was fed with everything', () => {
    const call = fc.record({
      to: fc.nat(2),
      gapMs: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 9_000 })),
      ms: fc.double({ min: 0, max: 10_000, noNaN: true }),
      error: fc.option(fc.string().map((message) => new Error(message))),
    })
    fc.assert(
      fc.property(fc.array(call, { maxLength: 80, size: 'max' }), (calls) => {
        const clock = new FakeClock()
        const one = new MetricsCollector('1m', clock)
        const several = Array.from({ length: 3 }, () => new MetricsCollector('1m', clock))
        for (const { to, gapMs, ms, error } of calls) {
          clock.jump(gapMs)
          for (const collector of [one, several[to]!]) {
            if (error === null) collector.recordSuccess(ms)
            else collector.recordFailure(ms, error)
          }
        }
        const { averageResponseTime, ...sum } = aggregateMetrics(several)
        const { averageResponseTime: average, ...all } = one.getSnapshot()
        expect(sum).toEqual(all)
        expect(averageResponseTime).toBeCloseTo(average, 6)
      }),
    )
  })

  it('gives the latest error, whichever collector comes first', () => {
    const clock = new FakeClock()
    const [early, late] = [new MetricsCollector('1m', clock), new MetricsCollector('1m', clock)]
    early.recordFailure(1, new Error('early'))
    clock.jump(10)
    late.recordFailure(1, new Error('late'))
    for (const collectors of [
      [early, late],
      [late, early],
    ])
      expect(aggregateMetrics(collectors).lastError?.message).toBe('late')
  })

  it('is the snapshot of all calls together, not an average of snapshots', () => {
    const clock = new FakeClock(0, 0)
    const [fast, slow, idle] = [new MetricsCollector('1m', clock), new MetricsCollector('30s', clock), new MetricsCollector('1m', clock)]
    for (let call = 0; call < 99; call++) fast.recordSuccess(10)
    clock.jump(100)
    slow.recordFailure(1_000, new Error('slow'))
    const sum = aggregateMetrics([fast, slow, idle])
    expect(sum).toMatchObject({
      totalCalls: 100,
      failureCalls: 1,
      failureRate: 1,
      p99: sum.p50,
      min: 10,
      max: 1_000,
      lastCallTime: 100,
      lastError: new Error('slow'),
    })
    expect(sum.p50).toBeCloseTo(10, 0)
    expect(sum.averageResponseTime).toBeCloseTo(19.9)
  })

  it('of none is empty', () => {
    expect(aggregateMetrics([])).toEqual(empty)
  })
})
