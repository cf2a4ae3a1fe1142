import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { sampleInstance } from '../testing/index.js'
import type { SlowStartOptions } from './balancing-options.js'
import { LoadBalancerFactory } from './load-balancer-factory.js'

const strategies = ['round-robin', 'random', 'least-connections', 'weighted-round-robin', 'ip-hash', 'zone-aware']
const instances = (...ports: number[]) => ports.map((port) => sampleInstance({ port }))
const picks = 4_000

function setup(strategy: string, slowStart: boolean | SlowStartOptions = true) {
  const clock = new FakeClock()
  const balancer = LoadBalancerFactory.create(strategy, { clock, random: new SeededRandom(11), slowStart })
  const share = (port: number) => {
    let mine = 0
    for (let call = 0; call < picks; call++) if (balancer.select({ key: `client-${call}` })?.port === port) mine++
    return mine / picks
  }
  return { clock, balancer, share }
}

describe.each(strategies)('slow start with %s', (strategy) => {
  it('lets the share of a newcomer grow over the window', () => {
    const { clock, balancer, share } = setup(strategy)
    balancer.update(instances(1, 2, 3, 4, 5))
    balancer.update(instances(1, 2, 3, 4, 5, 6))
    expect(share(6)).toBeGreaterThan(0.1 / 6 / 2)
    expect(share(6)).toBeLessThan((0.1 / 6) * 2)
    clock.jump(15_000)
    expect(share(6)).toBeGreaterThan(0.5 / 6 / 1.4)
    expect(share(6)).toBeLessThan((0.5 / 6) * 1.4)
    clock.jump(15_000)
    expect(share(6)).toBeGreaterThan(1 / 6 / 1.2)
    expect(share(1)).toBeGreaterThan(1 / 6 / 1.2)
  })

  it('spares nobody of the first list, nor where all are new', () => {
    const { balancer, share } = setup(strategy)
    balancer.update([])
    balancer.update(instances(1, 2))
    expect(share(2)).toBeCloseTo(0.5, 1)
    balancer.update(instances(3, 4))
    expect(share(4)).toBeCloseTo(0.5, 1)
  })

  it('is off unless it is asked for', () => {
    const { balancer, share } = setup(strategy, false)
    balancer.update(instances(1, 2))
    balancer.update(instances(1, 2, 3))
    expect(share(3)).toBeCloseTo(1 / 3, 1)
  })
})

describe('slow start', () => {
  it('begins anew for one that was DOWN, and not for one that only changed', () => {
    const { clock, balancer, share } = setup('random')
    balancer.update(instances(1, 2))
    balancer.update([...instances(1), sampleInstance({ port: 2, status: 'DOWN' })])
    balancer.update(instances(1, 2))
    expect(share(2)).toBeLessThan(0.1)
    clock.jump(30_000)
    balancer.update([...instances(1), sampleInstance({ port: 2, metadata: { changed: true } })])
    expect(share(2)).toBeCloseTo(0.5, 1)
  })

  it('begins anew for a process that was restarted, though nobody saw it DOWN', () => {
    const { balancer, share } = setup('random')
    balancer.update(instances(1, 2))
    balancer.update([...instances(1), sampleInstance({ port: 2, registeredAt: 7 })])
    expect(share(2)).toBeLessThan(0.1)
  })

  it('spares the newcomers among the warm ones, however many they are', () => {
    const { balancer, share } = setup('round-robin')
    balancer.update(instances(1, 2))
    balancer.update(instances(...Array.from({ length: 20 }, (_, index) => index + 1)))
    expect(share(1) + share(2)).toBeGreaterThan(0.85)
  })

  it('grows as the aggression says', () => {
    const { clock, balancer, share } = setup('random', { window: '10s', minWeight: 1, aggression: 2 })
    balancer.update(instances(1))
    balancer.update(instances(1, 2))
    clock.jump(2_500)
    expect(share(2)).toBeCloseTo(0.5 / 2, 1)
  })

  it('moves a key to the newcomer once, and next to no key anywhere else', () => {
    const { clock, balancer } = setup('ip-hash', { window: 10_000 })
    balancer.update(instances(1, 2, 3))
    const keys = Array.from({ length: 3_000 }, (_, index) => `client-${index}`)
    const portOf = (key: string) => balancer.select({ key })?.port
    let before = keys.map(portOf)
    balancer.update(instances(1, 2, 3, 4))
    for (let second = 0; second < 10; second++) {
      const now = keys.map(portOf)
      const moved = now.filter((port, index) => port !== before[index])
      // The table itself is another one with the newcomer, and moves a few keys among the others when it comes.
      expect(moved.filter((port) => port !== 4).length).toBeLessThanOrEqual(second === 0 ? keys.length * 0.01 : 0)
      before = now
      clock.jump(1_000)
    }
    expect(before.filter((port) => port === 4).length / keys.length).toBeCloseTo(0.225, 1)
  })

  it('counts the leases of warm ones and newcomers to zero', () => {
    const { clock, balancer } = setup('least-connections')
    balancer.update(instances(1, 2))
    balancer.update(instances(1, 2, 3))
    const leases = Array.from({ length: 50 }, () => balancer.pick())
    clock.jump(30_000)
    balancer.select()
    expect(balancer.inFlight).toBe(50)
    for (const lease of leases) lease?.release()
    expect(balancer.inFlight).toBe(0)
  })
})
