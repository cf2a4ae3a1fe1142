import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { balancerContract, sampleInstance } from '../testing/index.js'
import { ScriptedHealth } from './ejections.fixture.js'
import type { Lease } from './lease.js'
import type { Endpoint } from './strategy.js'
import { type BalancerOptions, LoadBalancerCatalog, LoadBalancerFactory } from './load-balancer-factory.js'

const builtIn = ['round-robin', 'random', 'least-connections', 'weighted-round-robin', 'ip-hash', 'zone-aware']
const make = (strategy: string, seed = 7, options: BalancerOptions = {}) =>
  LoadBalancerFactory.create(strategy, { clock: new FakeClock(), random: new SeededRandom(seed), ...options })

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
  balancerContract({ describe, it }, (options) => make(strategy, 7, options))

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

  it('sees what changed in a list that is told again', () => {
    const balancer = make(strategy)
    const list = [sampleInstance({ port: 1 }), sampleInstance({ port: 2 })]
    balancer.update(list)
    list[0] = sampleInstance({ port: 3 })
    balancer.update(list)
    expect(balancer.instances.map(({ port }) => port)).toEqual([3, 2])
    const picked = Array.from({ length: 100 }, (_, key) => balancer.select({ key: `${key}` })?.port)
    expect(new Set(picked)).toEqual(new Set([3, 2]))
  })

  it('picks whom the rules allow, whatever is told in whatever order', () => {
    const statuses = fc.constantFrom('UP' as const, 'UP' as const, 'DOWN' as const)
    const telling = fc.record({
      members: fc.uniqueArray(fc.record({ port: fc.integer({ min: 1, max: 9 }), status: statuses }), { selector: ({ port }) => port }),
      ejected: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 5 }),
      passedMs: fc.integer({ min: 0, max: 20_000 }),
    })
    fc.assert(
      fc.property(fc.array(telling, { maxLength: 8 }), fc.nat(), (tellings, seed) => {
        const clock = new FakeClock()
        const hostHealth = new ScriptedHealth()
        const balancer = make(strategy, seed, { clock, hostHealth, slowStart: true })
        for (const { members, ejected, passedMs } of tellings) {
          hostHealth.ejected.clear()
          for (const port of ejected) hostHealth.ejected.add(sampleInstance({ port }).id)
          clock.jump(passedMs)
          balancer.update(members.map((member) => sampleInstance(member)))
          const up = members.filter(({ status }) => status === 'UP').map(({ port }) => port)
          const fit = up.filter((port) => !ejected.includes(port))
          const allowed = fit.length * 2 < up.length ? up : fit
          expect(balancer.instances.map(({ port }) => port)).toEqual(allowed)
          const leases = Array.from({ length: 20 }, (_, key) => balancer.pick({ key: `${key}` }))
          for (const lease of leases) expect(lease === undefined ? allowed.length === 0 : allowed.includes(lease.instance.port)).toBe(true)
          for (const lease of leases) lease?.release()
          expect(balancer.inFlight).toBe(0)
        }
      }),
      { numRuns: strategy === 'ip-hash' ? 10 : 60 },
    )
  })
})
