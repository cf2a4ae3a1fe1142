import { describe, expect, it } from 'vitest'
import { hash32 } from './hash.js'

const keyHash = (key: string, seed: number) => hash32(key, seed) >>> 0

const cells = 100
/** Of χ² with 99 degrees of freedom one in 10,000 is above. */
const bound = 161.4

function chiSquare(keys: readonly string[], cellOf: (key: string) => number): number {
  const counts = new Array<number>(cells).fill(0)
  for (const key of keys) counts[cellOf(key)]! += 1
  const expected = keys.length / cells
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

const numbered = (name: (i: number) => string) => Array.from({ length: 50_000 }, (_, i) => name(i))

describe('hash32', () => {
  it('is the same everywhere and always', () => {
    expect(keyHash('', 0)).toBe(2_872_998_923)
    expect(keyHash('user-1', 7)).toBe(3_173_216_546)
    expect(keyHash('€', 0xffffffff)).toBe(2_408_849_266)
  })

  it.each([
    ['numbers', numbered(String)],
    ['names with a number', numbered((i) => `user-${i}`)],
    ['long names that differ at their beginning', numbered((i) => `${i}${'-suffix'.repeat(8)}`)],
    ['addresses', numbered((i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)],
    ['hexadecimal', numbered((i) => (i * 2_654_435).toString(16).padStart(16, '0'))],
  ])('spreads %s evenly over buckets, in their high digits and in their low ones', (_kind, keys) => {
    expect(chiSquare(keys, (key) => Math.floor((keyHash(key, 1) % 10_000) / 100))).toBeLessThan(bound)
    expect(chiSquare(keys, (key) => keyHash(key, 1) % 100)).toBeLessThan(bound)
  })

  it('puts keys elsewhere with another seed, whichever', () => {
    const keys = numbered((i) => `user-${i}`)
    for (const [a, b] of [
      [0, 1],
      [1, 2],
      [0, 0x80000000],
      [keyHash('/a', 0), keyHash('/b', 0)],
    ] as const) {
      const first = keys.filter((key) => keyHash(key, a) % 10 === 0)
      const both = first.filter((key) => keyHash(key, b) % 10 === 0)
      expect(both.length / first.length).toBeGreaterThan(0.07)
      expect(both.length / first.length).toBeLessThan(0.13)
    }
  })
})
