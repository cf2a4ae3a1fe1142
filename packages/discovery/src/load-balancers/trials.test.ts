import { resolveOptions, type ServiceInstance } from '@hazeljs/core'
import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { readOutlierOptions } from '../health/outlier/options.js'
import { OutlierDetector } from '../health/outlier/outlier-detector.js'
import { sampleInstance } from '../testing/index.js'
import { LoadBalancerFactory } from './load-balancer-factory.js'
import { trialMs } from './load-balancer.js'

const instance = (port: number, differences: Partial<ServiceInstance> = {}) => sampleInstance({ port, ...differences })

/** Balancer and detector as a view joins them. */
function setup(strategy = 'round-robin') {
  const clock = new FakeClock()
  const random = new SeededRandom(5)
  const options = resolveOptions('Outliers', readOutlierOptions, {})
  const ejected: string[] = []
  const observer = { ejected: ({ instance: { id } }: { instance: ServiceInstance }) => ejected.push(id) }
  const detector = new OutlierDetector(options, clock, random, () => balancer.refresh(), observer)
  const balancer = LoadBalancerFactory.create(strategy, { clock, random, hostHealth: detector })
  const update = (...instances: ServiceInstance[]) => {
    detector.update(instances)
    balancer.update(instances)
  }
  const leaseOf = (port: number) => {
    const others = balancer.instances.filter((other) => other.port !== port).map(({ id }) => id)
    const lease = balancer.pick({ exclude: others })
    if (lease?.instance.port !== port) throw new Error(`${port} was not picked`)
    return lease
  }
  const fail = (port: number, times: number) => {
    for (let time = 0; time < times; time++) leaseOf(port).release('failure')
  }
  /** How many of so many calls that do not end go to the port. */
  const share = (port: number, calls = 60) =>
    Array.from({ length: calls }, () => balancer.pick()).filter((lease) => lease?.instance.port === port).length
  return { clock, balancer, ejected, update, leaseOf, fail, share }
}

describe('an instance in doubt', () => {
  it('is tried although streams from before are open on it', () => {
    const { balancer, update, leaseOf, fail } = setup()
    update(instance(1), instance(2), instance(3))
    const streams = [leaseOf(2), leaseOf(2)]
    fail(2, 2)
    const picked = Array.from({ length: 9 }, () => {
      const lease = balancer.pick()
      lease?.release()
      return lease?.instance.port
    })
    expect(picked.filter((port) => port === 2)).toHaveLength(3)
    for (const stream of streams) stream.release()
  })

  it('is tried again after a while where the trial goes on, as a stream may for hours', () => {
    const { clock, update, fail, share } = setup()
    update(instance(1), instance(2), instance(3))
    fail(2, 2)
    expect(share(2)).toBe(1)
    clock.jump(trialMs - 1)
    expect(share(2)).toBe(0)
    clock.jump(1)
    expect(share(2)).toBe(1)
  })

  it('is not tried anew because calls from before its trial fail', () => {
    const { update, leaseOf, fail, share } = setup()
    update(instance(1), instance(2), instance(3))
    const before = [leaseOf(2), leaseOf(2)]
    fail(2, 2)
    expect(share(2)).toBe(1)
    for (const lease of before) lease.release('failure')
    expect(share(2)).toBe(0)
  })

  it.each(LoadBalancerFactory.names)('does not push its calls to another one in doubt: %s', (strategy) => {
    const { update, fail, share } = setup(strategy)
    update(instance(1), instance(2), instance(3), instance(4))
    for (const port of [2, 3]) fail(port, 2)
    expect(share(2) + share(3)).toBeLessThanOrEqual(2)
  })

  it('gets its calls where all are in doubt', () => {
    const { balancer, update, fail } = setup()
    update(instance(1), instance(2))
    for (const port of [1, 2]) fail(port, 3)
    const picked = new Set(Array.from({ length: 20 }, () => balancer.pick()?.instance.port))
    expect([...picked].sort()).toEqual([1, 2])
  })
})

describe('outcomes of calls to a process that was restarted at its address', () => {
  it('are not held against the new one', () => {
    const { ejected, update, leaseOf } = setup()
    update(instance(1), instance(2), instance(3))
    const late = Array.from({ length: 6 }, () => leaseOf(2))
    update(instance(1), instance(2, { registeredAt: 7 }), instance(3))
    for (const lease of late) lease.release('failure')
    expect(ejected).toEqual([])
  })
})
