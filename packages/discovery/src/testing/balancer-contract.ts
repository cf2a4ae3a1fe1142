import assert from 'node:assert/strict'
import { ServiceStatus } from '@hazeljs/core'
import type { Lease } from '../load-balancers/lease.js'
import type { BalancerOptions } from '../load-balancers/load-balancer-factory.js'
import type { LoadBalancer } from '../load-balancers/load-balancer.js'
import { balancerOptionsContract } from './balancer-options-contract.js'
import type { TestRunner } from './contract.js'
import { sampleInstance } from './sample-instance.js'

const picks = 200
const statusesWithoutTraffic = [ServiceStatus.DOWN, ServiceStatus.STARTING, ServiceStatus.OUT_OF_SERVICE, ServiceStatus.UNKNOWN]

/**
 * What every load balancing strategy has to do, seen through the balancer that holds it. `make` is called for each test, and its options are for
 * `LoadBalancerFactory.create` or what takes its place.
 */
export function balancerContract(runner: TestRunner, make: (options?: BalancerOptions) => LoadBalancer): void {
  const { describe, it } = runner
  const members = (count: number) => Array.from({ length: count }, (_, index) => sampleInstance({ port: index + 1 }))
  const test = (name: string, body: (balancer: LoadBalancer) => void) =>
    it(name, () => {
      body(make())
      return Promise.resolve()
    })

  describe('whom it picks', () => {
    test('nobody before it was given instances, and nobody when there are none', (balancer) => {
      assert.equal(balancer.pick(), undefined)
      balancer.update([])
      assert.equal(balancer.pick({ key: 'a', zone: 'b', exclude: ['c'] }), undefined)
      assert.equal(balancer.select(), undefined)
    })

    test('the only one, always', (balancer) => {
      balancer.update(members(1))
      for (let pick = 0; pick < picks; pick++) assert.equal(balancer.pick({ key: `client-${pick}` })?.instance.port, 1)
    })

    test('only instances that are UP', (balancer) => {
      balancer.update([...members(2), ...statusesWithoutTraffic.map((status, index) => sampleInstance({ port: 10 + index, status }))])
      assert.deepEqual(portsOf(pickMany(balancer)), [1, 2])
      balancer.update(statusesWithoutTraffic.map((status, index) => sampleInstance({ port: 10 + index, status })))
      assert.equal(balancer.pick(), undefined)
    })

    test('all that are UP, in the long run', (balancer) => {
      balancer.update(members(5))
      assert.deepEqual(portsOf(pickMany(balancer)), [1, 2, 3, 4, 5])
    })

    test('nobody who left, and newcomers too', (balancer) => {
      balancer.update(members(3))
      pickMany(balancer).forEach((lease) => lease.release())
      balancer.update([...members(2), sampleInstance({ port: 9 })])
      assert.deepEqual(portsOf(pickMany(balancer)), [1, 2, 9])
      balancer.update([])
      assert.equal(balancer.pick(), undefined)
    })

    test('an instance as it was told last', (balancer) => {
      balancer.update(members(1))
      balancer.pick()
      balancer.update([sampleInstance({ port: 1, metadata: { version: '2' } })])
      assert.deepEqual(balancer.pick()?.instance.metadata, { version: '2' })
    })

    test('none of the excluded while another is UP', (balancer) => {
      balancer.update(members(5))
      const exclude = members(4).map(({ id }) => id)
      for (let pick = 0; pick < picks; pick++) assert.equal(balancer.pick({ key: `client-${pick}`, exclude })?.instance.port, 5)
    })

    test('an excluded one rather than nobody', (balancer) => {
      balancer.update(members(2))
      assert.notEqual(balancer.pick({ exclude: members(2).map(({ id }) => id) }), undefined)
    })
  })

  describe('what it counts', () => {
    test('each lease once, however often it is released', (balancer) => {
      balancer.update(members(3))
      const leases = pickMany(balancer)
      assert.equal(balancer.inFlight, picks)
      for (const lease of leases) {
        lease.release('failure')
        lease.release()
      }
      assert.equal(balancer.inFlight, 0)
    })

    test('nothing for a selection', (balancer) => {
      balancer.update(members(3))
      assert.notEqual(balancer.select(), undefined)
      assert.equal(balancer.inFlight, 0)
    })

    test('the leases of an instance that leaves and returns', (balancer) => {
      balancer.update(members(1))
      const lease = balancer.pick()
      balancer.update([])
      assert.equal(balancer.inFlight, 0)
      balancer.update(members(1))
      assert.equal(balancer.inFlight, 1)
      lease?.release()
      assert.equal(balancer.inFlight, 0)
    })

    test('nothing below zero when a lease outlives its instance', (balancer) => {
      balancer.update(members(2))
      const leases = pickMany(balancer)
      balancer.update([sampleInstance({ port: 9 })])
      const kept = balancer.pick()
      leases.forEach((lease) => lease.release())
      assert.equal(balancer.inFlight, 1)
      kept?.release()
      assert.equal(balancer.inFlight, 0)
    })
  })

  balancerOptionsContract(runner, make)
}

/** Calls of as many clients, all running at once. */
function pickMany(balancer: LoadBalancer): Lease[] {
  return Array.from({ length: picks }, (_, pick) => balancer.pick({ key: `client-${pick}` })).filter((lease) => lease !== undefined)
}

function portsOf(leases: readonly Lease[]): number[] {
  return [...new Set(leases.map(({ instance }) => instance.port))].sort((a, b) => a - b)
}
