import { describe, expect, it } from 'vitest'
import { UnknownVersions } from './unknown-versions.js'

describe('UnknownVersions', () => {
  it('counts names, the most frequent first', () => {
    const unknown = new UnknownVersions()
    unknown.count('v8', 1)
    unknown.count('v9', 2)
    unknown.count('v9', 3)
    expect(unknown.most(0)).toEqual([
      { version: 'v9', requests: 2, lastRequestAt: 3 },
      { version: 'v8', requests: 1, lastRequestAt: 1 },
    ])
    expect(unknown.others).toBe(0)
  })

  it('keeps twenty names and every count, whoever sends how many', () => {
    const unknown = new UnknownVersions()
    for (let i = 0; i < 5; i++) unknown.count('v9', i)
    for (let i = 0; i < 10_000; i++) unknown.count(`random-${i}`, i)
    unknown.count('v9', 10_000)
    expect(unknown.most(0)).toHaveLength(20)
    expect(unknown.most(0)[0]).toEqual({ version: 'v9', requests: 6, lastRequestAt: 10_000 })
    const named = unknown.most(0).reduce((sum, { requests }) => sum + requests, 0)
    expect(named + unknown.others).toBe(10_006)
  })

  it('keeps the start of long names', () => {
    const unknown = new UnknownVersions()
    unknown.count('x'.repeat(8_000), 1)
    expect(unknown.most(0)[0]?.version).toBe('x'.repeat(64))
  })
})
