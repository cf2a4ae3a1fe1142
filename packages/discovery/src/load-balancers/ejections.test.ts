import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { sampleInstance } from '../testing/index.js'
import { ScriptedHealth } from './ejections.fixture.js'
import { LoadBalancerFactory } from './load-balancer-factory.js'

const instances = (...ports: number[]) => ports.map((port) => sampleInstance({ port }))

function setup(strategy = 'round-robin', options = {}) {
  const health = new ScriptedHealth()
  const balancer = LoadBalancerFactory.create(strategy, {
    clock: new FakeClock(),
    random: new SeededRandom(3),
    hostHealth: health,
    ...options,
  })
  const eject = (...ports: number[]) => {
    health.ejected.clear()
    for (const { id } of instances(...ports)) health.ejected.add(id)
    balancer.refresh()
  }
  const picked = () => [...new Set(Array.from({ length: 300 }, (_, key) => balancer.select({ key: `${key}` })?.port))].sort()
  return { health, balancer, eject, picked }
}

describe('ejections', () => {
  it('take an instance out until they end', () => {
    const { balancer, eject, picked } = setup()
    balancer.update(instances(1, 2, 3))
    eject(2)
    expect(picked()).toEqual([1, 3])
    expect(balancer.instances.map(({ port }) => port)).toEqual([1, 3])
    eject()
    expect(picked()).toEqual([1, 2, 3])
  })

  it('survive an update', () => {
    const { balancer, eject, picked } = setup()
    balancer.update(instances(1, 2, 3))
    eject(2)
    balancer.update(instances(1, 2, 3, 4))
    expect(picked()).toEqual([1, 3, 4])
  })

  it('are ignored below half of those that are UP, and never bring back those that are not', () => {
    const { balancer, eject, picked } = setup()
    balancer.update([...instances(1, 2, 3, 4), sampleInstance({ port: 5, status: 'DOWN' })])
    eject(1, 2)
    expect(picked()).toEqual([3, 4])
    eject(1, 2, 3)
    expect(picked()).toEqual([1, 2, 3, 4])
  })

  it('have their bound set by panicThreshold, and none with 0', () => {
    const strict = setup('round-robin', { panicThreshold: 100 })
    strict.balancer.update(instances(1, 2, 3))
    strict.eject(1)
    expect(strict.picked()).toEqual([1, 2, 3])
    const none = setup('round-robin', { panicThreshold: 0 })
    none.balancer.update(instances(1, 2))
    none.eject(1, 2)
    expect(none.balancer.pick()).toBeUndefined()
  })

  it('are heard of from the outcome of each lease, once', () => {
    const { health, balancer } = setup()
    balancer.update(instances(1))
    const lease = balancer.pick()
    lease?.release('failure')
    lease?.release()
    balancer.pick()?.release('ignored')
    balancer.select()
    const { id } = sampleInstance({ port: 1 })
    expect(health.outcomes).toEqual([
      [id, 'failure'],
      [id, 'ignored'],
    ])
  })

  it('of ip-hash move only the keys of the ejected one, and give them back', () => {
    const { balancer, eject } = setup('ip-hash')
    balancer.update(instances(1, 2, 3, 4, 5))
    const portsOf = () => Array.from({ length: 2_000 }, (_, key) => balancer.select({ key: `${key}` })?.port)
    const before = portsOf()
    eject(3)
    const during = portsOf()
    expect(during).not.toContain(3)
    expect(during.every((port, index) => port === before[index] || before[index] === 3)).toBe(true)
    eject()
    expect(portsOf()).toEqual(before)
  })
})

describe('an instance in doubt', () => {
  it.each(LoadBalancerFactory.names)('gets one call at a time while others are there: %s', (strategy) => {
    const { health, balancer } = setup(strategy, { zone: 'a' })
    balancer.update(instances(1, 2, 3))
    health.doubtful.add('orders:127.0.0.1:2')
    const leases = Array.from({ length: 60 }, (_, key) => balancer.pick({ key: `${key}` }))
    const onTrial = leases.filter((lease) => lease?.instance.port === 2)
    expect(onTrial).toHaveLength(1)
    onTrial[0]?.release('failure')
    expect(
      Array.from({ length: 60 }, (_, key) => balancer.pick({ key: `${key}` })?.instance.port).filter((port) => port === 2),
    ).toHaveLength(1)
    health.doubtful.clear()
    expect(
      Array.from({ length: 60 }, (_, key) => balancer.pick({ key: `${key}` })?.instance.port).filter((port) => port === 2).length,
    ).toBeGreaterThan(9)
  })

  it('gets all calls where nobody else is left', () => {
    const { health, balancer } = setup()
    balancer.update(instances(1, 2))
    health.doubtful.add('orders:127.0.0.1:1')
    for (let pick = 0; pick < 5; pick++) expect(balancer.pick({ exclude: ['orders:127.0.0.1:2'] })?.instance.port).toBe(1)
    balancer.update(instances(1))
    for (let pick = 0; pick < 5; pick++) expect(balancer.pick()?.instance.port).toBe(1)
  })
})
