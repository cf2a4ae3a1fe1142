import { expect, it } from 'vitest'
import { systemRandom } from '../random.js'
import { ScriptedRandom } from './scripted-random.js'
import { SeededRandom } from './seeded-random.js'

it('replays its script and complains when that is used up', () => {
  const random = new ScriptedRandom(0, 0.5)
  expect([random.next(), random.next()]).toEqual([0, 0.5])
  expect(random.drawn).toBe(2)
  expect(() => random.next()).toThrow('The script of 2 random numbers is used up')
})

it('gives equal seeds equal streams, and others others', () => {
  const draw = (seed: number) => {
    const random = new SeededRandom(seed)
    return Array.from({ length: 5 }, () => random.next())
  }
  expect(draw(42)).toEqual(draw(42))
  expect(draw(42)).not.toEqual(draw(43))
})

it.each([
  ['SeededRandom', new SeededRandom(7)],
  ['systemRandom', systemRandom],
])('%s is uniform on [0, 1)', (_name, random) => {
  const draws = 20_000
  const tenths = Array.from({ length: 10 }, () => 0)
  for (let drawn = 0; drawn < draws; drawn++) {
    const value = random.next()
    expect(value >= 0 && value < 1).toBe(true)
    tenths[Math.floor(value * 10)]! += 1
  }
  // Five standard deviations of a binomial count.
  const tolerance = 5 * Math.sqrt(draws * 0.1 * 0.9)
  for (const count of tenths) expect(Math.abs(count - draws / 10)).toBeLessThan(tolerance)
})
