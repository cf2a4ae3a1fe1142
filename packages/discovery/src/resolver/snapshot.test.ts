import type { ServiceInstance } from '@hazeljs/core'
import { SeededRandom } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matches } from '../filter.js'
import { LoadBalancerFactory } from '../load-balancers/load-balancer-factory.js'
import { sampleInstance } from '../testing/index.js'
import { difference, missing, type Snapshot, toSnapshot } from './snapshot.js'
import { Subset } from './subset.js'

/** Lists of a service as a backend tells them one after the other: objects stay while instances do, in any order. */
const histories = fc.array(
  fc.record({
    ports: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 12 }),
    renewed: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 12 },
)

function tellings(history: readonly { ports: readonly number[]; renewed: readonly number[] }[]): ServiceInstance[][] {
  const known = new Map<number, ServiceInstance>()
  let version = 0
  return history.map(({ ports, renewed }) => {
    for (const port of renewed) known.set(port, sampleInstance({ port, zone: `${port % 3}`, metadata: { version: ++version % 3 } }))
    return ports.map((port) => {
      const instance = known.get(port) ?? sampleInstance({ port, zone: `${port % 3}` })
      known.set(port, instance)
      return instance
    })
  })
}

const byId = (a: ServiceInstance, b: ServiceInstance) => (a.id < b.id ? -1 : 1)

describe('toSnapshot', () => {
  it('orders by id, whatever it knows from before and whatever the order', () => {
    fc.assert(
      fc.property(histories, fc.boolean(), (history, sorted) => {
        let before: Snapshot = []
        for (const told of tellings(history)) {
          const list = sorted ? [...told].sort(byId) : told
          const snapshot = toSnapshot(list, before)
          expect(snapshot).toEqual([...told].sort(byId))
          expect(snapshot.every((instance) => told.includes(instance))).toBe(true)
          expect(Object.isFrozen(snapshot)).toBe(true)
          before = snapshot
        }
      }),
    )
  })

  it('leaves the list that it was given as it is, and takes one that is frozen and in order', () => {
    const list = [sampleInstance({ port: 2 }), sampleInstance({ port: 1 })]
    const snapshot = toSnapshot(list)
    expect(list.map(({ port }) => port)).toEqual([2, 1])
    expect(toSnapshot(snapshot)).toBe(snapshot)
    const sorted = [...snapshot]
    expect(toSnapshot(sorted)).not.toBe(sorted)
    expect(Object.isFrozen(sorted)).toBe(false)
  })

  it('takes what is no array', () => {
    expect(toSnapshot(new Set([sampleInstance({ port: 2 }), sampleInstance({ port: 1 })])).map(({ port }) => port)).toEqual([1, 2])
  })
})

describe('difference and missing', () => {
  it('name whom the ids name', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const all = tellings(history).map((told) => toSnapshot(told))
        const [before, now] = [all[0] as Snapshot, all.at(-1) as Snapshot]
        const lacks = (list: Snapshot) => (instance: ServiceInstance) => !list.some(({ id }) => id === instance.id)
        const { added, removed, changed } = difference(before, now)
        expect(added).toEqual(now.filter(lacks(before)))
        expect(removed).toEqual(before.filter(lacks(now)))
        expect(missing(before, now)).toEqual(removed)
        expect(changed).toBe(JSON.stringify(before) !== JSON.stringify(now))
      }),
    )
  })
})

describe('Subset', () => {
  it('has those that the filter means after any history, and tells them to its balancers', () => {
    fc.assert(
      fc.property(histories, fc.constantFrom({ zone: '1' }, { metadata: { version: 1 } }, undefined), (history, filter) => {
        const subset = new Subset(filter, (strategy) => LoadBalancerFactory.create(strategy, { random: new SeededRandom(1) }))
        const balancer = subset.balancer('round-robin')
        let snapshot: Snapshot = []
        for (const told of tellings(history)) {
          snapshot = toSnapshot(told, snapshot)
          subset.update(snapshot)
          expect(balancer.instances).toEqual(snapshot.filter((instance) => filter === undefined || matches(instance, filter)))
        }
      }),
    )
  })

  it('leaves balancers alone whose members did not change', () => {
    let updates = 0
    const subset = new Subset({ zone: 'a' }, (strategy) => {
      const balancer = LoadBalancerFactory.create(strategy)
      const update = balancer.update.bind(balancer)
      balancer.update = (members) => {
        updates++
        update(members)
      }
      return balancer
    })
    subset.balancer('random')
    const one = sampleInstance({ port: 1, zone: 'a' })
    subset.update(toSnapshot([one]))
    const before = updates
    subset.update(toSnapshot([one, sampleInstance({ port: 2, zone: 'b' })]))
    expect(updates).toBe(before)
  })
})
