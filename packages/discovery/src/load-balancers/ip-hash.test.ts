import { SeededRandom } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleInstance } from '../testing/index.js'
import { loadBound, unboundedCalls } from './ip-hash.js'
import { LoadBalancerFactory } from './load-balancer-factory.js'
import { maglevTable, minTableSize, nextPrime, tableSize } from './maglev-table.js'

const instances = (count: number) => Array.from({ length: count }, (_, index) => sampleInstance({ host: `10.0.0.${index}` }))
const keys = Array.from({ length: 10_000 }, (_, index) => `192.168.${index >> 8}.${index & 255}`)

function balancerOf(count: number) {
  const balancer = LoadBalancerFactory.create('ip-hash', { random: new SeededRandom(1) })
  balancer.update(instances(count))
  return balancer
}

describe('maglevTable', () => {
  const idsOf = (count: number) => instances(count).map(({ id }) => id)

  it('has a prime number of slots, 65,537 at least and 100 an instance, in steps', () => {
    expect(maglevTable(idsOf(3))).toHaveLength(minTableSize)
    expect(nextPrime(minTableSize)).toBe(minTableSize)
    expect(nextPrime(90_000)).toBe(90_001)
    expect([1, 655, 656, 2_621].map(tableSize)).toEqual([65_537, 65_537, 262_151, 262_151])
    expect(tableSize(10_000)).toBeGreaterThan(1_000_000)
  })

  it('shares the slots out evenly', () => {
    const table = maglevTable(idsOf(50))
    const counts = new Uint32Array(50)
    for (const index of table) counts[index] = (counts[index] ?? 0) + 1
    const mean = table.length / 50
    for (const count of counts) expect(Math.abs(count / mean - 1)).toBeLessThan(0.01)
  })

  it('moves at most 1/n + 1 % of the slots when one of n goes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 100 }), fc.nat(), (count, which) => {
        const before = idsOf(count)
        const after = before.toSpliced(which % count, 1)
        const [old, now] = [maglevTable(before), maglevTable(after)]
        let moved = 0
        for (let slot = 0; slot < old.length; slot++) if (before[old[slot] as number] !== after[now[slot] as number]) moved++
        expect(moved / old.length).toBeLessThanOrEqual(1 / count + 0.01)
      }),
      { numRuns: 15 },
    )
  })
})

describe('IpHash', () => {
  it('sends the same key to the same instance, in every process and whatever the order of the instances', () => {
    const [one, other] = [balancerOf(5), balancerOf(5)]
    other.update(instances(5).reverse())
    for (const key of keys.slice(0, 500)) expect(other.select({ key })?.id).toBe(one.select({ key })?.id)
  })

  it('moves at most 2 % of the keys when 1 of 100 instances goes', () => {
    const balancer = balancerOf(100)
    const before = keys.map((key) => balancer.select({ key })?.id)
    balancer.update(instances(100).toSpliced(42, 1))
    const moved = keys.filter((key, index) => balancer.select({ key })?.id !== before[index])
    expect(moved.length).toBeLessThanOrEqual(keys.length * 0.02)
  })

  it('gives the keys back when the instance returns', () => {
    const balancer = balancerOf(5)
    const before = keys.slice(0, 500).map((key) => balancer.select({ key })?.id)
    balancer.update(instances(4))
    balancer.update(instances(5))
    expect(keys.slice(0, 500).map((key) => balancer.select({ key })?.id)).toEqual(before)
  })

  it('lets a client make a few calls at once', () => {
    const balancer = balancerOf(5)
    const ids = Array.from({ length: unboundedCalls }, () => balancer.pick({ key: 'a' })?.instance.id)
    expect(new Set(ids).size).toBe(1)
  })

  it('bounds the load that one hot key puts on its instance', () => {
    const balancer = balancerOf(5)
    const counts = new Map<string, number>()
    for (let call = 0; call < 200; call++) {
      const id = balancer.pick({ key: 'hot' })?.instance.id ?? ''
      counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(Math.ceil((loadBound * 200) / 5))
  })

  it('sends calls without a key anywhere', () => {
    const balancer = balancerOf(3)
    expect(new Set(Array.from({ length: 100 }, () => balancer.select()?.id)).size).toBe(3)
  })
})
