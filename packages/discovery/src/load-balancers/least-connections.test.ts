import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleInstance } from '../testing/index.js'
import { handicapDecayMs } from './handicaps.js'
import type { Lease } from './lease.js'
import { LoadBalancerFactory } from './load-balancer-factory.js'

const instances = (...ports: number[]) => ports.map((port) => sampleInstance({ port }))

function setup(seed: number, ...ports: number[]) {
  const clock = new FakeClock()
  const balancer = LoadBalancerFactory.create('least-connections', { clock, random: new SeededRandom(seed) })
  balancer.update(instances(...ports))
  const take = (count: number) => Array.from({ length: count }, () => balancer.pick() as Lease)
  return { clock, balancer, take }
}

const countOf = (leases: readonly Lease[], port: number) => leases.filter(({ instance }) => instance.port === port).length

describe('LeastConnections', () => {
  it('spreads 30 calls at once over three instances, 10 ± 2 each', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const { take } = setup(seed, 1, 2, 3)
        const leases = take(30)
        for (const port of [1, 2, 3]) expect(Math.abs(countOf(leases, port) - 10)).toBeLessThanOrEqual(2)
      }),
    )
  })

  it('avoids the one that is slow to answer', () => {
    const { balancer, take } = setup(1, 1, 2, 3)
    const stuck = take(30).filter((lease) => {
      if (lease.instance.port !== 1) lease.release()
      return lease.instance.port === 1
    })
    expect(stuck.length).toBeGreaterThan(5)
    for (let call = 0; call < 100; call++) {
      const lease = balancer.pick()
      expect(lease?.instance.port).not.toBe(1)
      lease?.release()
    }
  })

  it('breaks ties at random', () => {
    const { balancer } = setup(1, 1, 2)
    const ports = Array.from({ length: 1_000 }, () => balancer.select()?.port)
    expect(Math.abs(ports.filter((port) => port === 1).length - 500)).toBeLessThan(80)
  })

  it('starts a newcomer at the median of the others, and lets that fade', async () => {
    const { balancer, clock, take } = setup(3, 1, 2, 3)
    take(60)
    balancer.update(instances(1, 2, 3, 4))
    // Had it started at 0, all draws that name it, half of 40, would be its own.
    expect(countOf(take(40), 4)).toBeLessThan(15)
    await clock.advance(10 * handicapDecayMs)
    expect(countOf(take(20), 4)).toBeGreaterThan(6)
  })

  it('counts a failure on as a call, so that failing fast does not look like being idle', async () => {
    const { balancer, clock } = setup(5, 1, 2, 3)
    const callAll = () => {
      let failures = 0
      for (let call = 0; call < 300; call++) {
        const lease = balancer.pick() as Lease
        const failed = lease.instance.port === 1
        if (failed) failures++
        lease.release(failed ? 'failure' : 'success')
      }
      return failures
    }
    expect(callAll()).toBeLessThan(5)
    await clock.advance(10 * handicapDecayMs)
    expect(callAll()).toBeGreaterThan(0)
  })

  it('does not hold an ignored outcome against anybody', () => {
    const { balancer } = setup(5, 1, 2)
    for (let call = 0; call < 50; call++) balancer.pick()?.release('ignored')
    const ports = Array.from({ length: 200 }, () => balancer.select()?.port)
    expect(new Set(ports).size).toBe(2)
    expect(Math.abs(ports.filter((port) => port === 1).length - 100)).toBeLessThan(40)
  })
})
