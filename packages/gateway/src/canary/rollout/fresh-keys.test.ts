import { describe, expect, it } from 'vitest'
import { FreshKeys, stickyBuckets } from './fresh-keys.js'

describe('FreshKeys', () => {
  it('counts a key once, for as long as it comes in every interval', () => {
    const keys = new FreshKeys(1_000, 0)
    const counted = Array.from({ length: 50 }, (_, i) => keys.take(7, i * 400))
    expect(counted.filter(Boolean)).toHaveLength(1)
  })

  it('counts a key again after an interval without it', () => {
    const keys = new FreshKeys(1_000, 0)
    expect(keys.take(7, 500)).toBe(true)
    expect(keys.take(7, 1_500)).toBe(false)
    expect(keys.take(7, 3_000)).toBe(true)
    expect(keys.take(7, 3_999)).toBe(false)
    expect(keys.take(7, 1e9)).toBe(true)
  })

  it('tells all buckets from each other', () => {
    const keys = new FreshKeys(1_000, 0)
    for (let bucket = 0; bucket < stickyBuckets; bucket++) expect(keys.take(bucket, 0)).toBe(true)
    for (let bucket = 0; bucket < stickyBuckets; bucket++) expect(keys.take(bucket, 0)).toBe(false)
  })

  it('does not mind a clock that stands still or goes on for years', () => {
    const keys = new FreshKeys(12, 5)
    expect([keys.take(0, 5), keys.take(0, 5), keys.take(0, 1e13)]).toEqual([true, false, true])
  })
})
