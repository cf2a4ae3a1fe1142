import { FakeClock } from '@hazeljs/core/testing'
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

function read(window: OutcomeWindow) {
  window.advance()
  const { calls, failures, slowCalls } = window
  return { calls, failures, slowCalls }
}

describe('CountWindow', () => {
  it('holds the last outcomes, whatever came before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(outcome, { maxLength: 100 }), (size, outcomes) => {
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
  it('holds the outcomes of its last ten steps, whatever the gaps', () => {
    const arrival = fc.record({ gapMs: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 5_000 })), outcome })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fc.array(arrival, { maxLength: 60 }), (startMs, arrivals) => {
        const clock = new FakeClock(startMs)
        const window = new TimeWindow(1_000, clock)
        const seen: (Outcome & { step: number })[] = []
        for (const { gapMs, outcome } of arrivals) {
          clock.jump(gapMs)
          window.record(outcome.failed, outcome.slow)
          seen.push({ ...outcome, step: Math.floor(clock.now() / 100) })
          expect(read(window)).toEqual(totals(seen.filter(({ step }) => step > Math.floor(clock.now() / 100) - 10)))
        }
      }),
    )
  })

  it('forgets failures of an hour ago, where one that moves a single step a call keeps them (cockatiel issue 64)', () => {
    const clock = new FakeClock()
    const window = new TimeWindow(60_000, clock)
    for (let call = 0; call < 9; call++) window.record(true, false)
    clock.jump(3_600_000)
    window.record(true, false)
    expect(read(window)).toEqual({ calls: 1, failures: 1, slowCalls: 0 })
  })

  it('reads as empty when the window has passed without a call', () => {
    const clock = new FakeClock()
    const window = new TimeWindow(1_000, clock)
    window.record(true, true)
    clock.jump(999)
    expect(window.calls).toBe(1)
    clock.jump(1)
    expect(read(window)).toEqual({ calls: 0, failures: 0, slowCalls: 0 })
  })

  it('ignores a clock that goes back', () => {
    const clock = new FakeClock(10_000)
    const window = new TimeWindow(1_000, clock)
    window.record(true, false)
    clock.jump(-5_000)
    window.record(true, false)
    expect(read(window)).toEqual({ calls: 2, failures: 2, slowCalls: 0 })
  })
})
