import { describe, expect, it } from 'vitest'
import { filterKey, matches } from './filter.js'
import { sampleInstance } from './testing/index.js'

const instance = sampleInstance({ zone: 'a', tags: ['api', 'v1'], metadata: { version: '1', limits: { cpu: 2 } } })

describe('matches', () => {
  it.each([
    {},
    { zone: 'a' },
    { tags: [] },
    { tags: ['v1', 'api'] },
    { metadata: {} },
    { metadata: { version: '1' } },
    { metadata: { limits: { cpu: 2 } } },
    { status: 'UP' as const },
  ])('accepts %o', (filter) => {
    expect(matches(instance, filter)).toBe(true)
  })

  it.each([
    { zone: 'b' },
    { tags: ['v1', 'v2'] },
    { metadata: { version: 1 } },
    { metadata: { version: '1', stage: 'prod' } },
    { metadata: { limits: { cpu: 3 } } },
    { status: 'DOWN' as const },
    { zone: 'a', status: 'DOWN' as const },
  ])('rejects %o', (filter) => {
    expect(matches(instance, filter)).toBe(false)
  })
})

describe('filterKey', () => {
  it('is the same for filters that mean the same', () => {
    expect(filterKey({ tags: ['b', 'a', 'a'], metadata: { y: 1, x: { d: 1, c: 2 } } })).toBe(
      filterKey({ metadata: { x: { c: 2, d: 1 }, y: 1 }, tags: ['a', 'b'] }),
    )
    for (const empty of [undefined, {}, { tags: [] }, { metadata: {} }]) expect(filterKey(empty)).toBe('')
  })

  it('differs for filters that mean something else', () => {
    const filters = [
      {},
      { zone: 'a' },
      { tags: ['a'] },
      { tags: ['a,b'] },
      { tags: ['a', 'b'] },
      { metadata: { a: 1 } },
      { metadata: { a: '1' } },
    ]
    expect(new Set(filters.map(filterKey)).size).toBe(filters.length)
  })
})
