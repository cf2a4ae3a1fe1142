import { SeededRandom } from '@hazeljs/core/testing'
import { DiscoveryClient, LoadBalancerFactory, MemoryRegistryBackend, type ServiceInstance } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { describe, expect, it } from 'vitest'
import { hazel, moleculer, publishedInstance } from './peers.js'

// What docs/discovery-comparison.md says of balancing, run.

const keys = Array.from({ length: 5_000 }, (_, index) => `client-${index}`)
const ports = Array.from({ length: 100 }, (_, index) => index + 1)

function movedShare(before: readonly (number | string | undefined)[], after: readonly (number | string | undefined)[]): number {
  return before.filter((place, index) => place !== after[index]).length / before.length
}

describe('keys that move when one of 100 instances leaves', () => {
  it('ours: two per cent at most', () => {
    const balancer = LoadBalancerFactory.create('ip-hash', { random: new SeededRandom(1) })
    const placesWith = (instances: readonly ServiceInstance[]) => {
      balancer.update(instances)
      return keys.map((key) => balancer.select({ key })?.port)
    }
    const all = ports.map((port) => sampleInstance({ port }))
    const moved = movedShare(placesWith(all), placesWith(all.filter(({ port }) => port !== 37)))
    expect(moved).toBeGreaterThan(0.005)
    expect(moved).toBeLessThanOrEqual(0.02)
  })

  it('@hazeljs/discovery 2.0.2: nearly all, for the place is a remainder', () => {
    const strategy = new hazel.LoadBalancerFactory().create('ip-hash')
    const all = ports.map((port) => publishedInstance({ port }))
    const placesAmong = (instances: typeof all) => keys.map((key) => strategy.choose(instances, key)?.port)
    expect(movedShare(placesAmong(all), placesAmong(all.filter(({ port }) => port !== 37)))).toBeGreaterThan(0.95)
  })

  it('moleculer: a fifth or more', () => {
    const broker = new moleculer.ServiceBroker({ logger: false })
    const strategy = new moleculer.Strategies.Shard(broker.registry, broker, { shardKey: 'key' })
    const all = ports.map((port) => ({ id: `node-${port}` }))
    const placesAmong = (endpoints: typeof all) => {
      strategy.needRebuild = true
      return keys.map((key) => strategy.select(endpoints, { params: { key } }).id)
    }
    expect(movedShare(placesAmong(all), placesAmong(all.filter(({ id }) => id !== 'node-37')))).toBeGreaterThan(0.2)
  })
})

describe('@hazeljs/discovery 2.0.2', () => {
  const backendWith = async (...instances: Parameters<typeof publishedInstance>[0][]) => {
    const backend = new hazel.MemoryRegistryBackend()
    for (const differences of instances) await backend.register(publishedInstance(differences))
    return backend
  }

  it('gives the heavy one all its turns in a row', async () => {
    const backend = await backendWith({ port: 1, metadata: { weight: 5 } }, { port: 2 }, { port: 3 })
    const client = new hazel.DiscoveryClient({}, backend)
    const turns: (number | undefined)[] = []
    for (let turn = 0; turn < 7; turn++) turns.push((await client.getInstance('orders', 'weighted-round-robin'))?.port)
    expect(turns).toEqual([1, 1, 1, 1, 1, 2, 3])
  })

  it('hands ip-hash no key, so its client sends everybody to the first', async () => {
    const client = new hazel.DiscoveryClient({}, await backendWith({ port: 1 }, { port: 2 }, { port: 3 }))
    expect(client.getInstance.length).toBeLessThan(4)
    for (let pick = 0; pick < 20; pick++) expect((await client.getInstance('orders', 'ip-hash'))?.port).toBe(1)
  })

  it('hands zone-aware no zone, so its client leaves the zone', async () => {
    const client = new hazel.DiscoveryClient({ zone: 'a' }, await backendWith({ port: 1, zone: 'a' }, { port: 2, zone: 'b' }))
    const zones = new Set<string | undefined>()
    for (let pick = 0; pick < 100; pick++) zones.add((await client.getInstance('orders', 'zone-aware'))?.zone)
    expect(zones).toEqual(new Set(['a', 'b']))
  })

  it('breaks the ties of least-connections by order, and counts no call of getInstance', async () => {
    const client = new hazel.DiscoveryClient({}, await backendWith({ port: 1 }, { port: 2 }, { port: 3 }))
    for (let pick = 0; pick < 20; pick++) expect((await client.getInstance('orders', 'least-connections'))?.port).toBe(1)
  })

  it('answers everybody with what the first one filtered', async () => {
    const client = new hazel.DiscoveryClient({ cacheEnabled: true }, await backendWith({ port: 1, zone: 'a' }, { port: 2, zone: 'b' }))
    await client.getInstances('orders', { zone: 'a' })
    expect((await client.getInstances('orders')).map(({ port }) => port)).toEqual([1])
  })
})

it('ours: a filtered listing leaves the list whole', async () => {
  const backend = new MemoryRegistryBackend()
  await backend.register(sampleInstance({ port: 1, zone: 'a' }))
  await backend.register(sampleInstance({ port: 2, zone: 'b' }))
  const client = new DiscoveryClient({}, backend)
  await client.getInstances('orders', { zone: 'a' })
  expect((await client.getInstances('orders')).map(({ port }) => port)).toEqual([1, 2])
  await client.close()
})

it('moleculer 0.14 has five strategies, and its circuit breaker of an instance is off by default', () => {
  expect(Object.keys(moleculer.Strategies)).toEqual(expect.arrayContaining(['RoundRobin', 'Random', 'CpuUsage', 'Latency', 'Shard']))
  expect(moleculer.ServiceBroker.defaultOptions.circuitBreaker.enabled).toBe(false)
})
