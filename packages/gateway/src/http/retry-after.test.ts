import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { retryAfterMs } from './retry-after.js'

const clock = new FakeClock(0, Date.UTC(2026, 0, 1, 12))
const of = (...fields: string[]) => retryAfterMs(fields, clock)

describe('retryAfterMs', () => {
  it.each([
    { value: '0', expected: 0 },
    { value: '120', expected: 120_000 },
    { value: 'Thu, 01 Jan 2026 12:00:30 GMT', expected: 30_000 },
    { value: 'Thu, 01 Jan 2026 11:00:00 GMT', expected: 0 },
    { value: 'soon', expected: undefined },
    { value: '', expected: undefined },
    { value: '1.5', expected: undefined },
    { value: '-1', expected: undefined },
  ])('"$value" is $expected', ({ value, expected }) => {
    expect(of('X-Other', '1', 'RETRY-after', value)).toBe(expected)
  })

  it('is not known where no field says it', () => {
    expect(of('X-Other', '1')).toBeUndefined()
    expect(of('Retry-Afterx', '1')).toBeUndefined()
  })
})
