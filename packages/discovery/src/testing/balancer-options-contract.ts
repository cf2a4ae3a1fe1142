import assert from 'node:assert/strict'
import { ServiceStatus } from '@hazeljs/core'
import type { HostHealth, HostRecord } from '../health/outlier/host-health.js'
import type { BalancerOptions } from '../load-balancers/load-balancer-factory.js'
import type { LoadBalancer } from '../load-balancers/load-balancer.js'
import type { TestRunner } from './contract.js'
import { sampleInstance } from './sample-instance.js'

const picks = 400

/** Ejects whom a test says, and counts what it is told. */
class Ejections implements HostHealth {
  readonly ejected = new Set<string>()
  told = 0

  of({ id }: { readonly id: string }): HostRecord {
    const isEjected = () => this.ejected.has(id)
    return {
      get ejected() {
        return isEjected()
      },
      doubtful: false,
      record: () => this.told++,
    }
  }
}

/** What a balancer adds to every strategy: ejections, panic, slow start and subsetting. */
export function balancerOptionsContract({ describe, it }: TestRunner, make: (options?: BalancerOptions) => LoadBalancer): void {
  const members = (count: number) => Array.from({ length: count }, (_, index) => sampleInstance({ port: index + 1 }))
  const idOf = (port: number) => sampleInstance({ port }).id
  const test = (name: string, body: () => void) =>
    it(name, () => {
      body()
      return Promise.resolve()
    })

  describe('ejections and options', () => {
    test('nobody who is ejected, as long as half are not', () => {
      const hostHealth = new Ejections()
      const balancer = make({ hostHealth })
      balancer.update(members(4))
      hostHealth.ejected.add(idOf(1)).add(idOf(2))
      balancer.refresh()
      assert.deepEqual(portsOf(balancer), [3, 4])
      hostHealth.ejected.delete(idOf(1))
      balancer.refresh()
      assert.deepEqual(portsOf(balancer), [1, 3, 4])
    })

    test('all that are UP in a panic, and nobody else', () => {
      const hostHealth = new Ejections()
      const balancer = make({ hostHealth })
      balancer.update([...members(3), sampleInstance({ port: 9, status: ServiceStatus.DOWN })])
      for (const port of [1, 2, 3]) hostHealth.ejected.add(idOf(port))
      balancer.refresh()
      assert.deepEqual(portsOf(balancer), [1, 2, 3])
    })

    test('each outcome told once', () => {
      const hostHealth = new Ejections()
      const balancer = make({ hostHealth })
      balancer.update(members(2))
      const lease = balancer.pick()
      lease?.release('failure')
      lease?.release()
      assert.equal(hostHealth.told, 1)
    })

    test('leases of an ejected instance counted until they end', () => {
      const hostHealth = new Ejections()
      const balancer = make({ hostHealth })
      balancer.update(members(2))
      const leases = Array.from({ length: picks }, (_, pick) => balancer.pick({ key: `client-${pick}` }))
      hostHealth.ejected.add(idOf(1))
      balancer.refresh()
      hostHealth.ejected.clear()
      balancer.refresh()
      assert.equal(balancer.inFlight, picks)
      for (const lease of leases) lease?.release()
      assert.equal(balancer.inFlight, 0)
    })

    test('little to a newcomer under slow start, and never nobody', () => {
      const balancer = make({ slowStart: { window: '1h' } })
      balancer.update(members(4))
      balancer.update(members(5))
      let calls = 0
      for (let pick = 0; pick < picks; pick++) if (balancer.select({ key: `client-${pick}` })?.port === 5) calls++
      assert.ok(calls < picks / 5 / 2, `${calls} of ${picks}`)
      const exclude = [1, 2, 3, 4].map(idOf)
      assert.equal(balancer.pick({ exclude })?.instance.port, 5)
    })

    test('only its own few under subsetting, the same ones for the same client', () => {
      const subset = () => {
        const balancer = make({ subsetting: { size: 3, clientId: 'one' } })
        balancer.update(members(20))
        return portsOf(balancer)
      }
      assert.equal(subset().length, 3)
      assert.deepEqual(subset(), subset())
    })
  })
}

function portsOf(balancer: LoadBalancer): (number | undefined)[] {
  const ports = new Set(Array.from({ length: picks }, (_, pick) => balancer.select({ key: `client-${pick}` })?.port))
  return [...ports].sort((a, b) => (a ?? 0) - (b ?? 0))
}
