import { SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { sampleInstance } from '../testing/index.js'
import { LoadBalancerFactory } from './load-balancer-factory.js'

const instances = (count: number, from = 0) => Array.from({ length: count }, (_, index) => sampleInstance({ port: from + index + 1 }))

function subsetOf(clientId: string, members = instances(100), size = 10) {
  const balancer = LoadBalancerFactory.create('round-robin', { random: new SeededRandom(1), subsetting: { size, clientId } })
  balancer.update(members)
  return { balancer, ports: () => balancer.instances.map(({ port }) => port) }
}

describe('subsetting', () => {
  it('gives the same client the same few, and others others', () => {
    expect(subsetOf('a').ports()).toHaveLength(10)
    expect(subsetOf('a').ports()).toEqual(subsetOf('a').ports())
    expect(subsetOf('a').ports()).not.toEqual(subsetOf('b').ports())
    const { balancer, ports } = subsetOf('a')
    expect(new Set(Array.from({ length: 50 }, () => balancer.select()?.port))).toEqual(new Set(ports()))
  })

  it('takes all where there are no more', () => {
    expect(subsetOf('a', instances(10)).ports()).toHaveLength(10)
    expect(subsetOf('a', instances(3)).ports()).toHaveLength(3)
  })

  it('changes one for one that goes, and one or none for one that comes', () => {
    for (let client = 0; client < 20; client++) {
      const { balancer, ports } = subsetOf(`client-${client}`)
      const before = ports()
      balancer.update(instances(100).filter(({ port }) => port !== before[0]))
      const without = ports()
      expect(without).toHaveLength(10)
      expect(without.filter((port) => !before.includes(port))).toHaveLength(1)
      balancer.update(instances(101))
      expect(
        ports()
          .filter((port) => !before.includes(port))
          .every((port) => port === 101),
      ).toBe(true)
    }
  })

  it('chooses only among those that are UP', () => {
    const { balancer, ports } = subsetOf('a')
    const [first] = ports()
    balancer.update(instances(100).map((one) => (one.port === first ? { ...one, status: 'DOWN' as const } : one)))
    expect(ports()).toHaveLength(10)
    expect(ports()).not.toContain(first)
  })

  it('spreads clients over all instances', () => {
    const clients = new Map<number, number>()
    for (let client = 0; client < 1_000; client++)
      for (const port of subsetOf(`client-${client}`).ports()) clients.set(port, (clients.get(port) ?? 0) + 1)
    // Binomial with mean 100 and deviation 9.5: five of them either way.
    expect(clients.size).toBe(100)
    for (const count of clients.values()) expect(Math.abs(count - 100)).toBeLessThan(48)
  })

  it('draws an id for a client that was given none', () => {
    const make = (seed: number) => {
      const balancer = LoadBalancerFactory.create('random', { random: new SeededRandom(seed), subsetting: { size: 10 } })
      balancer.update(instances(100))
      return balancer.instances
    }
    expect(make(1)).not.toEqual(make(2))
    expect(make(1)).toHaveLength(10)
  })
})
