import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CountWindow } from './count-window.js'
import { TimeWindow } from './time-window.js'
import type { OutcomeWindow } from './window.js'

interface Outcome {
  readonly failed: boolean
  readonly slow: boolean
}

const outcome = fc.record({ failed: fc.boolean(), slow: fc.boolean() })

function totals(outcomes: readonly Outcome[]) {
  return {
    calls: outcomes.length,
    failures: outcomes.filter(({ failed }) => failed).length,
    slowCalls: outcomes.filter(({ slow }) => slow).length,
  }
}

function read(window: OutcomeWindow, nowMs = 0) {
  window.advance(nowMs)
  const { calls, failures, slowCalls } = window
  return { calls, failures, slowCalls }
}

describe('CountWindow', () => {
  it('holds the last outcomes, whatever came before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(outcome, { maxLength: 100, size: 'max' }), (size, outcomes) => {
        const window = new CountWindow(size)
        outcomes.forEach(({ failed, slow }, index) => {
          window.record(failed, slow)
          expect(read(window)).toEqual(totals(outcomes.slice(Math.max(0, index + 1 - size), index + 1)))
        })
      }),
    )
  })

  it('is empty after clear, with nothing left that could be subtracted', () => {
    const window = new CountWindow(2)
    for (let call = 0; call < 3; call++) window.record(true, true)
    window.clear()
    expect(read(window)).toEqual({ calls: 0, failures: 0, slowCalls: 0 })
    for (let call = 0; call < 3; call++) window.record(false, false)
    expect(read(window)).toEqual({ calls: 2, failures: 0, slowCalls: 0 })
  })
})

describe('TimeWindow', () => {
  const start = fc.oneof(fc.integer({ min: -5_000, max: 5_000 }), fc.constantFrom(0, -1e12, 1e12))

  it('holds the outcomes of its last ten steps, whatever the gaps', () => {
    const gapMs = fc.oneof(
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 0, max: 1_500 }),
      fc.double({ min: 0, max: 1e7, noNaN: true }),
    )
    const step = fc.record({ gapMs, outcome: fc.option(outcome, { nil: undefined }), cleared: fc.integer({ min: 0, max: 20 }) })
    fc.assert(
      fc.property(start, fc.integer({ min: 10, max: 2_000 }), fc.array(step, { maxLength: 60, size: 'max' }), (startMs, sizeMs, steps) => {
        const window = new TimeWindow(sizeMs)
        let seen: (Outcome & { tick: number })[] = []
        let nowMs = startMs
        for (const { gapMs, outcome, cleared } of steps) {
          nowMs += gapMs
          const tick = Math.floor(nowMs / (sizeMs / 10))
          if (cleared === 0) {
            window.clear()
            seen = []
          }
          if (outcome !== undefined) {
            window.record(outcome.failed, outcome.slow, nowMs)
            seen.push({ ...outcome, tick })
          }
          expect(read(window, nowMs)).toEqual(totals(seen.filter((one) => one.tick > tick - 10)))
        }
      }),
    )
  })

  it('forgets failures of an hour ago, where one that moves a single step a call keeps them (cockatiel issue 64)', () => {
    const window = new TimeWindow(60_000)
    for (let call = 0; call < 9; call++) window.record(true, false, 0)
    window.record(true, false, 3_600_000)
    expect(read(window, 3_600_000)).toEqual({ calls: 1, failures: 1, slowCalls: 0 })
  })

  it('reads as empty when the window has passed without a call', () => {
    const window = new TimeWindow(1_000)
    window.record(true, true, 0)
    expect(read(window, 999)).toEqual({ calls: 1, failures: 1, slowCalls: 1 })
    expect(read(window, 1_000)).toEqual({ calls: 0, failures: 0, slowCalls: 0 })
  })

  it('lets go of one bucket after the other', () => {
    const window = new TimeWindow(1_000)
    for (let nowMs = 0; nowMs < 1_000; nowMs += 100) window.record(true, false, nowMs)
    const left: number[] = []
    for (let nowMs = 1_000; nowMs < 2_000; nowMs += 100) left.push(read(window, nowMs).failures)
    expect(left).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
  })

  it('ignores a clock that goes back, or shows nothing', () => {
    const window = new TimeWindow(1_000)
    window.record(true, false, 10_000)
    window.record(true, false, 5_000)
    window.record(true, false, Number.NaN)
    expect(read(window, 10_999)).toEqual({ calls: 3, failures: 3, slowCalls: 0 })
    expect(read(window, 11_000)).toEqual({ calls: 0, failures: 0, slowCalls: 0 })
  })
})
