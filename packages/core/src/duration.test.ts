import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { durationMs, maxTimerMs } from './duration.js'

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

describe('durationMs', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['1.5s', 1_500],
    [' 2s ', 2_000],
    ['0ms', 0],
    [0, 0],
    [0.25, 0.25],
  ])('reads %j as %d ms', (duration, ms) => {
    expect(durationMs(duration)).toBe(ms)
  })

  it.each(['', 's', '5', '5 s', '5S', '-5s', '+5s', '1e3ms', '.5s', '5.s', '5s5s', '5w', 'Infinityms', '0x10ms', '25d', '٣s'])(
    'refuses %j',
    (duration) => {
      expect(durationMs(duration)).toBeUndefined()
    },
  )

  it.each([-1, Number.NaN, Infinity, -Infinity, null, undefined, true, 5n, {}, [], ['5s'], new Date(0), Symbol('5s')])(
    'refuses %s',
    (duration) => {
      expect(durationMs(duration)).toBeUndefined()
    },
  )

  it('reaches exactly as far as a timer of the platform', () => {
    expect(durationMs(maxTimerMs)).toBe(maxTimerMs)
    expect(durationMs(`${maxTimerMs}ms`)).toBe(maxTimerMs)
    expect(durationMs(maxTimerMs + 1)).toBeUndefined()
    expect(durationMs(`${maxTimerMs + 1}ms`)).toBeUndefined()
  })

  it('is amount times unit', () => {
    const amounts = fc.oneof(
      fc.nat(100_000),
      fc.nat(100_000).map((n) => n / 100),
    )
    const units = fc.constantFrom(...(Object.keys(unitMs) as (keyof typeof unitMs)[]))
    fc.assert(
      fc.property(amounts, units, (amount, unit) => {
        const ms = amount * unitMs[unit]
        expect(durationMs(`${amount}${unit}`)).toBe(ms <= maxTimerMs ? ms : undefined)
      }),
    )
  })

  it('gives what a timer takes, or nothing, whatever it is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.double(), fc.string()), (anything) => {
        const ms = durationMs(anything)
        expect(ms === undefined || (ms >= 0 && ms <= maxTimerMs)).toBe(true)
      }),
    )
  })
})
