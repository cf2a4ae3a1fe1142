import { type ServiceInstance, ServiceStatus } from '@hazeljs/core'
import { ScriptedRandom, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { sampleInstance } from '../testing/index.js'
import { LoadBalancerFactory } from './load-balancer-factory.js'

function zone(name: string, up: number, down = 0): ServiceInstance[] {
  return Array.from({ length: up + down }, (_, index) =>
    sampleInstance({ host: name, port: index + 1, zone: name, status: index < up ? ServiceStatus.UP : ServiceStatus.DOWN }),
  )
}

function shareOfZone(instances: readonly ServiceInstance[], callerZone: string | undefined, name: string): number {
  const balancer = LoadBalancerFactory.create('zone-aware', {
    random: new SeededRandom(2),
    ...(callerZone !== undefined && { zone: callerZone }),
  })
  balancer.update(instances)
  const picked = Array.from({ length: 10_000 }, () => balancer.select()?.zone)
  return picked.filter((one) => one === name).length / picked.length
}

describe('ZoneAware', () => {
  it('stays at home while the zone is well enough', () => {
    expect(shareOfZone([...zone('a', 3), ...zone('b', 3)], 'a', 'a')).toBe(1)
    expect(shareOfZone([...zone('a', 5, 2), ...zone('b', 3)], 'a', 'a')).toBe(1)
  })

  it('spills over what 1.4 times the share of its instances that are UP does not carry', () => {
    expect(shareOfZone([...zone('a', 2, 2), ...zone('b', 3)], 'a', 'a')).toBeCloseTo(0.7, 1)
    expect(shareOfZone([...zone('a', 1, 3), ...zone('b', 3)], 'a', 'a')).toBeCloseTo(0.35, 1)
  })

  it('goes elsewhere when nobody is left at home, and stays when nobody is elsewhere', () => {
    expect(shareOfZone([...zone('a', 0, 2), ...zone('b', 1)], 'a', 'b')).toBe(1)
    expect(shareOfZone([...zone('a', 1, 3), ...zone('b', 0, 1)], 'a', 'a')).toBe(1)
  })

  it('uses everyone alike for callers without a zone, or in a zone without instances', () => {
    const instances = [...zone('a', 1), ...zone('b', 3)]
    expect(shareOfZone(instances, undefined, 'a')).toBeCloseTo(0.25, 1)
    expect(shareOfZone(instances, 'c', 'a')).toBeCloseTo(0.25, 1)
  })

  it("prefers the call's zone to the client's", () => {
    const balancer = LoadBalancerFactory.create('zone-aware', { random: new ScriptedRandom(0, 0, 0), zone: 'a' })
    balancer.update([...zone('a', 2), ...zone('b', 2)])
    expect(balancer.select({ zone: 'b' })?.zone).toBe('b')
  })

  it('takes turns at home, across updates', () => {
    const balancer = LoadBalancerFactory.create('zone-aware', { random: new ScriptedRandom(0, 0, 0), zone: 'a' })
    balancer.update([...zone('a', 3), ...zone('b', 1)])
    expect([balancer.select()?.port, balancer.select()?.port]).toEqual([1, 2])
    balancer.update([...zone('a', 3), ...zone('b', 2)])
    expect(balancer.select()?.port).toBe(3)
  })
})
