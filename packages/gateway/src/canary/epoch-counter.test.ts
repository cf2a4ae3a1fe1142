import { describe, expect, it } from 'vitest'
import { noBucket } from './assignment.js'
import { EpochCounter } from './epoch-counter.js'

describe('EpochCounter', () => {
  it('counts every request, and for comparisons one error of a key in a while', () => {
    const counter = new EpochCounter(3, 1_000)
    for (const nowMs of [0, 500, 999]) counter.error('canary', 7, nowMs)
    counter.error('canary', 8, 999)
    expect(counter.snapshot().canary).toEqual({ requests: 4, errors: 4, slow: 0, distinctErrors: 2, distinctSlow: 0 })
    counter.error('canary', 7, 1_000)
    expect(counter.canary.distinctErrors).toBe(3)
  })

  it('counts every error of requests without a key', () => {
    const counter = new EpochCounter(0, 1_000)
    for (let i = 0; i < 3; i++) counter.error('stable', noBucket, 0)
    expect(counter.stable).toMatchObject({ errors: 3, distinctErrors: 3 })
  })

  it('tells slow requests from errors, and all buckets from each other', () => {
    const counter = new EpochCounter(0, 1_000)
    counter.error('canary', 0, 0)
    for (let bucket = 0; bucket < 10_000; bucket++) counter.slowSuccess('canary', bucket, 0)
    counter.success('canary')
    expect(counter.canary).toMatchObject({ requests: 10_002, errors: 1, slow: 10_000, distinctErrors: 1, distinctSlow: 10_000 })
  })

  it('gives copies', () => {
    const counter = new EpochCounter(0, 1_000)
    const before = counter.snapshot()
    counter.success('stable')
    expect(before.stable.requests).toBe(0)
  })
})
