import { SeededRandom } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Gradient, type GradientOptions, type MeasuredWindow } from './gradient.js'

const usual: GradientOptions = { initial: 20, min: 1, max: 200, tolerance: 1.25, probeEvery: Infinity }

/** A window in which all of the limit was in use. */
const full = (gradient: Gradient, latencyMs: number | undefined, more: Partial<MeasuredWindow> = {}): MeasuredWindow => ({
  latencyMs,
  peak: gradient.limit,
  dropShare: 0,
  overloaded: false,
  ...more,
})

function settled(latencyMs = 100, windows = 20): Gradient {
  const gradient = new Gradient(usual)
  for (let window = 0; window < windows; window++) gradient.update(full(gradient, latencyMs))
  return gradient
}

it('stays within its bounds, whatever is measured', () => {
  const window: fc.Arbitrary<MeasuredWindow> = fc.record({
    latencyMs: fc.option(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e6, noNaN: true })), { nil: undefined }),
    peak: fc.nat(300),
    dropShare: fc.double({ min: 0, max: 1, noNaN: true }),
    overloaded: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 20, max: 500 }), fc.array(window), (min, max, windows) => {
      const gradient = new Gradient({ ...usual, min, max })
      for (const measured of windows) {
        gradient.update(measured)
        expect(gradient.limit).toBeGreaterThanOrEqual(min)
        expect(gradient.limit).toBeLessThanOrEqual(max)
        expect(gradient.gradient).toBeGreaterThanOrEqual(0.5)
        expect(gradient.gradient).toBeLessThanOrEqual(1)
      }
    }),
  )
})

it('grows while the latency is as usual and the limit in use, up to the maximum', () => {
  expect(settled().limit).toBeGreaterThan(30)
  expect(settled(100, 500).limit).toBe(200)
})

it('does not grow while less than half of it is in use', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ latencyMs: fc.integer({ min: 1, max: 1_000 }), peak: fc.nat(9) })), (windows) => {
      const gradient = new Gradient(usual)
      for (const window of windows) gradient.update({ ...window, dropShare: 0, overloaded: false })
      expect(gradient.limit).toBe(20)
    }),
  )
})

it('falls when the latency doubles at constant concurrency, and recovers with it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 3, max: 60 }), (latencyMs, windows) => {
      const gradient = settled(latencyMs, windows)
      const before = gradient.limit
      for (let window = 0; window < 8; window++) gradient.update(full(gradient, 2 * latencyMs, { peak: before }))
      expect(gradient.limit).toBeLessThan(0.8 * before)
      for (let window = 0; window < 30; window++) gradient.update(full(gradient, latencyMs))
      expect(gradient.limit).toBeGreaterThan(before)
    }),
  )
})

it('takes a latency for the target’s own that half the limit does not change, and recovers', () => {
  const gradient = settled()
  const before = gradient.limit
  let least = before
  for (let window = 0; window < 60; window++) {
    gradient.update(full(gradient, 300))
    least = Math.min(least, gradient.limit)
  }
  expect(least).toBeGreaterThan(0.4 * before)
  expect(gradient.limit).toBeGreaterThan(before)
  expect(gradient.baselineMs).toBeCloseTo(300)
})

describe('under lasting overload of a target with 50 places', () => {
  const base = 100
  const places = 50
  const latencyAt = (concurrency: number) => base * Math.max(1, concurrency / places)

  it.each([
    { noise: 0, windows: 7_200 },
    { noise: 0.05, windows: 7_200 },
    { noise: 0.15, windows: 7_200 },
  ])('does not drift up, at $noise noise (concurrency-limits #134)', ({ noise, windows }) => {
    const random = new SeededRandom(134)
    const gradient = new Gradient(usual)
    const seen: number[] = []
    for (let window = 0; window < windows; window++) {
      gradient.update(full(gradient, latencyAt(gradient.limit) * (1 + noise * (2 * random.next() - 1))))
      if (window > 120) seen.push(gradient.limit)
    }
    expect(Math.max(...seen)).toBeLessThan(90)
    expect(Math.min(...seen)).toBeGreaterThan(40)
  })

  it('finds the new limit when it loses most of its places', () => {
    const gradient = settled(base, 60)
    for (let window = 0; window < 60; window++) gradient.update(full(gradient, base * Math.max(1, gradient.limit / 5)))
    expect(gradient.limit).toBeLessThanOrEqual(9)
    expect(gradient.limit).toBeGreaterThanOrEqual(4)
  })
})

describe('calls that end by overload', () => {
  it('take their share of the limit, though the others are quick', () => {
    const gradient = settled()
    const before = gradient.limit
    for (let window = 0; window < 100; window++) gradient.update(full(gradient, 100, { dropShare: 0.5 }))
    expect(gradient.limit).toBeLessThan(before / 3)
  })

  it('do not look like a stable latency where there is nothing else (concurrency-limits #137)', () => {
    const gradient = settled()
    for (let window = 0; window < 100; window++) gradient.update(full(gradient, undefined, { dropShare: 1 }))
    expect(gradient.limit).toBe(1)
  })

  it('do not bring the limit down to nothing where they are few', () => {
    const gradient = settled()
    for (let window = 0; window < 1_000; window++) gradient.update(full(gradient, 100, { dropShare: 0.02 }))
    expect(gradient.limit).toBeGreaterThan(100)
  })
})

it('shrinks while the event loop is overloaded, and believes no latency of that time', () => {
  const gradient = settled()
  const { limit, baselineMs } = gradient
  for (let window = 0; window < 10; window++) gradient.update(full(gradient, 5, { overloaded: true }))
  expect(gradient.limit).toBeLessThan(0.75 * limit)
  expect(gradient.baselineMs).toBe(baselineMs)
})

describe('a probe', () => {
  const probing = { ...usual, probeEvery: 12 }

  it('goes back to the limit where half of it leaves the latency', () => {
    const gradient = new Gradient(probing)
    const limits: number[] = []
    for (let window = 0; window < 4; window++) {
      gradient.update(full(gradient, 100))
      limits.push(gradient.limit)
    }
    expect(limits).toEqual([10, 10, 20, 21])
  })

  it('stays at half of it where it took a queue for usual', () => {
    const gradient = new Gradient(probing)
    for (let window = 0; window < 60; window++) gradient.update(full(gradient, 100 * Math.max(1, gradient.limit / 3)))
    expect(gradient.limit).toBeLessThan(7)
    expect(gradient.baselineMs).toBeLessThan(170)
  })

  it('that measured nothing changes nothing', () => {
    const gradient = new Gradient(probing)
    gradient.update(full(gradient, 100))
    gradient.update(full(gradient, 100))
    gradient.update(full(gradient, 1, { overloaded: true }))
    expect(gradient.limit).toBe(20)
    expect(gradient.baselineMs).toBe(100)
  })
})
