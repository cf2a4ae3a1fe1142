import { expect, it } from 'vitest'
import { EpochCounter } from './epoch-counter.js'

it('counts requests, errors and slow requests of each arm, and which of them are evidence', () => {
  const counter = new EpochCounter(3)
  counter.success('stable')
  counter.error('canary', true)
  counter.error('canary', false)
  counter.slowSuccess('canary', true)
  counter.slowSuccess('canary', false)
  const before = counter.snapshot()
  counter.success('canary')
  expect(counter.epoch).toBe(3)
  expect(before).toEqual({
    stable: { requests: 1, errors: 0, slow: 0, distinctErrors: 0, distinctSlow: 0 },
    canary: { requests: 4, errors: 2, slow: 2, distinctErrors: 1, distinctSlow: 1 },
  })
})
