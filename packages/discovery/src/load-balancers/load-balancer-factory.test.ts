import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { balancerContract, sampleInstance } from '../testing/index.js'
import type { Lease } from './lease.js'
import type { Endpoint } from './strategy.js'
import { LoadBalancerCatalog, LoadBalancerFactory } from './load-balancer-factory.js'

const builtIn = ['round-robin', 'random', 'least-connections', 'weighted-round-robin', 'ip-hash', 'zone-aware']
const make = (strategy: string, seed = 7) =>
  LoadBalancerFactory.create(strategy, { clock: new FakeClock(), random: new SeededRandom(seed) })

describe('LoadBalancerFactory', () => {
  it('knows the six strategies', () => {
    expect(LoadBalancerFactory.names).toEqual(builtIn)
  })

  it('refuses an unknown strategy and lists the known ones', () => {
    expect(() => new LoadBalancerCatalog().create('round-robbin')).toThrow(/'round-robbin'; known are round-robin, random, .*zone-aware/)
    expect(() => new LoadBalancerCatalog().create('toString')).toThrow(expect.objectContaining({ code: 'UNKNOWN_STRATEGY' }))
  })

  it("takes users' own strategies", () => {
    const catalog = new LoadBalancerCatalog()
    catalog.register('first', () => {
      let endpoints: readonly Endpoint[] = []
      return { update: (group) => (endpoints = group.endpoints), choose: () => endpoints[0] }
    })
    const balancer = catalog.create('first')
    balancer.update([sampleInstance({ port: 1 }), sampleInstance({ port: 2 })])
    expect(balancer.pick()?.instance.port).toBe(1)
    expect(LoadBalancerFactory.get('first')).toBeUndefined()
  })
})

describe.each(builtIn)('%s', (strategy) => {
  balancerContract({ describe, it }, () => make(strategy))

  it('balances leases to zero, whatever comes and goes meanwhile', () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant('pick' as const),
        key: fc.string(),
        exclude: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
      }),
      fc.record({ do: fc.constant('release' as const), which: fc.nat(), failed: fc.boolean() }),
      fc.record({ do: fc.constant('update' as const), ports: fc.uniqueArray(fc.integer({ min: 1, max: 5 })) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(), (steps, seed) => {
        const balancer = make(strategy, seed)
        const open: Lease[] = []
        let ports: readonly number[] = []
        for (const action of steps) {
          if (action.do === 'update') {
            ports = action.ports
            balancer.update(ports.map((port) => sampleInstance({ port })))
          } else if (action.do === 'release') {
            open.splice(action.which % Math.max(1, open.length), 1)[0]?.release(action.failed ? 'failure' : 'success')
          } else {
            const exclude = action.exclude.map((port) => sampleInstance({ port }).id)
            const lease = balancer.pick({ key: action.key, exclude })
            expect(lease === undefined).toBe(ports.length === 0)
            if (lease === undefined) continue
            open.push(lease)
            expect(ports).toContain(lease.instance.port)
            if (ports.some((port) => !action.exclude.includes(port))) expect(exclude).not.toContain(lease.instance.id)
          }
          expect(balancer.inFlight).toBe(open.filter(({ instance }) => ports.includes(instance.port)).length)
        }
        for (const lease of open) lease.release()
        expect(balancer.inFlight).toBe(0)
      }),
      // Each table of ip-hash takes milliseconds, and an update makes one.
      { numRuns: strategy === 'ip-hash' ? 20 : 100 },
    )
  })
})
