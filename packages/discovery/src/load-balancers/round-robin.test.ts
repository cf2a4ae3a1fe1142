import { ScriptedRandom, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { sampleInstance } from '../testing/index.js'
import { LoadBalancerFactory } from './load-balancer-factory.js'
import type { LoadBalancer } from './load-balancer.js'

const instances = (...ports: number[]) => ports.map((port) => sampleInstance({ port }))
const take = (balancer: LoadBalancer, count: number) => Array.from({ length: count }, () => balancer.select()?.port)

describe('RoundRobin', () => {
  it('goes round from a random start', () => {
    const balancer = LoadBalancerFactory.create('round-robin', { random: new ScriptedRandom(0.5) })
    balancer.update(instances(1, 2, 3))
    expect(take(balancer, 5)).toEqual([2, 3, 1, 2, 3])
  })

  it('goes on where it was when instances come and go', () => {
    const balancer = LoadBalancerFactory.create('round-robin', { random: new ScriptedRandom(0, 0.9) })
    balancer.update(instances(1, 2, 3, 4))
    expect(take(balancer, 2)).toEqual([1, 2])
    balancer.update(instances(2, 3, 4))
    expect(take(balancer, 1)).toEqual([3])
    balancer.update(instances(1, 2, 3))
    expect(take(balancer, 2)).toEqual([2, 3])
    balancer.update([])
    balancer.update(instances(1, 2, 3))
    expect(take(balancer, 1)).toEqual([3])
  })
})

describe('RandomChoice', () => {
  it('picks each with the same probability', () => {
    const balancer = LoadBalancerFactory.create('random', { random: new SeededRandom(1) })
    balancer.update(instances(1, 2, 3, 4))
    const picked = take(balancer, 8_000)
    for (const port of [1, 2, 3, 4]) expect(Math.abs(picked.filter((one) => one === port).length - 2_000)).toBeLessThan(200)
  })
})
