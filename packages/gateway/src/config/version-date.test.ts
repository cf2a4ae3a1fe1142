import { describe, expect, it } from 'vitest'
import { dateMs } from './version-date.js'

describe('dateMs', () => {
  it.each([
    ['2026-01-31', Date.UTC(2026, 0, 31)],
    ['2026-01-31T09:30Z', Date.UTC(2026, 0, 31, 9, 30)],
    ['2026-01-31T09:30:15.5+01:00', Date.UTC(2026, 0, 31, 8, 30, 15, 500)],
    ['2028-02-29', Date.UTC(2028, 1, 29)],
    [new Date(7), 7],
  ])('reads %s', (value, ms) => {
    expect(dateMs(value)).toBe(ms)
  })

  it.each([
    '2026-02-29',
    '2026-13-01',
    '2026-1-1',
    '31.01.2026',
    'January 31, 2026',
    '2026-01-31T09:30',
    '2026-01-31T25:00Z',
    'soon',
    '',
    true,
    1_769_817_600_000,
    new Date('soon'),
    undefined,
  ])('does not read %s, which says no date or no zone', (value) => {
    expect(dateMs(value)).toBeUndefined()
  })
})
