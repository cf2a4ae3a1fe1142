import { SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { Dice } from './dice.js'

describe('Dice', () => {
  it('draws nothing before it is asked, and one seed then', () => {
    let drawn = 0
    const dice = new Dice({ next: () => ++drawn / 10 })
    expect(drawn).toBe(0)
    for (let roll = 0; roll < 100; roll++) dice.below(6)
    expect(drawn).toBe(1)
  })

  it.each([2, 3, 7, 10])('gives each of %i sides the same chance', (sides) => {
    const dice = new Dice(new SeededRandom(1))
    const counts = new Array<number>(sides).fill(0)
    const rolls = 20_000
    for (let roll = 0; roll < rolls; roll++) {
      const side = dice.below(sides)
      counts[side] = (counts[side] ?? 0) + 1
    }
    expect(counts).toHaveLength(sides)
    const deviation = Math.sqrt((rolls / sides) * (1 - 1 / sides))
    for (const count of counts) expect(Math.abs(count - rolls / sides)).toBeLessThan(5 * deviation)
  })

  it('gives pairs of rolls that do not depend on each other', () => {
    const dice = new Dice(new SeededRandom(2))
    const pairs = new Map<number, number>()
    for (let roll = 0; roll < 25_000; roll++) {
      const pair = dice.below(5) * 5 + dice.below(5)
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1)
    }
    expect(pairs.size).toBe(25)
    for (const count of pairs.values()) expect(Math.abs(count - 1_000)).toBeLessThan(160)
  })

  it('gives a chance as often as it says, and 0 and 1 never and always', () => {
    const dice = new Dice(new SeededRandom(3))
    const rolls = Array.from({ length: 10_000 }, () => dice.chance(0.3)).filter(Boolean).length
    expect(Math.abs(rolls - 3_000)).toBeLessThan(240)
    for (let roll = 0; roll < 1_000; roll++) expect([dice.chance(0), dice.chance(1)]).toEqual([false, true])
  })
})
