import { ScriptedRandom, SeededRandom } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleInstance } from '../testing/index.js'
import { LoadBalancerFactory } from './load-balancer-factory.js'
import { wholeWeights } from './weight.js'
import { maxSmoothSteps, weightedTurns } from './weighted-turns.js'

const names = 'abcdefgh'
const weighted = (...weights: unknown[]) =>
  weights.map((weight, index) => sampleInstance({ id: names.charAt(index), metadata: { weight } }))

function order(weights: readonly unknown[], count: number, random = new ScriptedRandom(0)) {
  const balancer = LoadBalancerFactory.create('weighted-round-robin', { random })
  balancer.update(weighted(...weights))
  return Array.from({ length: count }, () => balancer.select()?.id).join('')
}

describe('WeightedRoundRobin', () => {
  it('mixes 5, 1, 1 as nginx does', () => {
    expect(order([5, 1, 1], 14)).toBe('aabacaaaabacaa')
  })

  it('starts anywhere in the order', () => {
    expect(order([5, 1, 1], 7, new ScriptedRandom(0.5))).toBe('acaaaab')
  })

  it('reads percentages and fractions', () => {
    expect(order([80, 20], 5)).toBe('aabaa')
    expect(order([0.5, 0.25, 0.25], 4)).toBe('abca')
  })

  it('gives weight 0 nothing, unless all have it', () => {
    expect(order([0, 1, 1], 4)).toBe('bcbc')
    expect(order([0, 0], 4)).toBe('abab')
  })

  it('gives weight 0 nothing where the others were tried or are on trial', () => {
    const failing = { ejected: false, doubtful: true, record: () => undefined }
    const well = { ...failing, doubtful: false }
    const hostHealth = { of: ({ id }: { id: string }) => (id === 'b' ? failing : well) }
    const balancer = LoadBalancerFactory.create('weighted-round-robin', { random: new ScriptedRandom(0), hostHealth })
    balancer.update(weighted(0, 1))
    expect(Array.from({ length: 4 }, () => balancer.pick()?.instance.id).join('')).toBe('bbbb')
    expect(balancer.select({ exclude: ['b'] })?.id).toBe('b')
    balancer.update(weighted(0, 1, 1))
    expect(balancer.select({ exclude: ['b'] })?.id).toBe('c')
  })

  it.each([undefined, 'many', -1, Number.NaN, Infinity, null])('takes weight %s as 1', (weight) => {
    expect(order([weight, 2], 3)).toBe('bab')
  })

  it('keeps its place when nothing about the weights changed, and its phase when it did', () => {
    const balancer = LoadBalancerFactory.create('weighted-round-robin', { random: new ScriptedRandom(0) })
    const take = (count: number) => Array.from({ length: count }, () => balancer.select()?.id).join('')
    balancer.update(weighted(5, 1, 1))
    expect(take(3)).toBe('aab')
    balancer.update(weighted(5, 1, 1).map((instance) => ({ ...instance, lastHeartbeat: 1 })))
    expect(take(2)).toBe('ac')
    balancer.update(weighted(1, 1, 1))
    expect(take(3)).toBe('cab')
  })
})

/** Weights of so many instances that the heap takes over. */
const manyWeights = fc.nat().map((seed) => {
  const random = new SeededRandom(seed)
  return Array.from({ length: 1_000 }, () => 1 + Math.floor(random.next() * 5))
})

describe('weightedTurns', () => {
  const weightsOf = (max: number) =>
    fc.array(fc.integer({ min: 0, max }), { minLength: 1, maxLength: 8 }).filter((all) => all.some((w) => w > 0))

  it('gives each its exact share in any row as long as the sum of the weights', () => {
    fc.assert(
      fc.property(weightsOf(50), fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(100), (weights, phase, skipped) => {
        expectExactShares(weights, phase, skipped)
      }),
    )
  })

  it('is as exact where the order is too long to be written down', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), manyWeights, (phase, weights) => {
        expect(weights.length * weights.reduce((a, b) => a + b)).toBeGreaterThan(maxSmoothSteps)
        expectExactShares(weights, phase, 0)
      }),
      { numRuns: 5 },
    )
  })

  it('says how far it has come', () => {
    const weights = Array.from({ length: 1_500 }, (_, index) => 1 + (index % 2))
    const turns = weightedTurns(weights, 0.25)
    expect(turns.phase).toBe(0.25)
    for (let turn = 0; turn < 1_000; turn++) turns.next()
    // 750 turns were due at 0.25; the next 750 are at 0.5.
    expect(turns.phase).toBe(0.5)
    expect(weightedTurns(weights, turns.phase).phase).toBe(turns.phase)
  })
})

function expectExactShares(weights: readonly number[], phase: number, skipped: number): void {
  const turns = weightedTurns(weights, phase)
  const sum = weights.reduce((total, weight) => total + weight, 0)
  for (let turn = 0; turn < skipped; turn++) turns.next()
  const counts = weights.map(() => 0)
  for (let turn = 0; turn < sum; turn++) {
    const index = turns.next()
    counts[index] = (counts[index] ?? 0) + 1
  }
  expect(counts).toEqual(weights)
}

describe('wholeWeights', () => {
  it('finds the smallest whole numbers in the same proportions', () => {
    expect(wholeWeights([80, 20])).toEqual([4, 1])
    expect(wholeWeights([33.3, 66.6])).toEqual([1, 2])
    expect(wholeWeights([0.0001, 1])).toEqual([1, 1_000])
    expect(wholeWeights([0, 0])).toEqual([1, 1])
    expect(wholeWeights([0, 10])).toEqual([0, 1])
  })
})
