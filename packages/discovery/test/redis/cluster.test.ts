import { RedisRegistryBackend } from '@hazeljs/discovery'
import { backendContract, sampleInstance } from '@hazeljs/discovery/testing'
import { serverIsMissing } from 'hazeljs-test-servers'
import type { Cluster } from 'ioredis'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recorded } from './clients.fixture.js'
import { RedisCluster } from './cluster.fixture.js'

const patience = { timeout: 10_000, interval: 20 }

describe.skipIf(serverIsMissing('redis-server'))('a RedisRegistryBackend on a cluster of three nodes', () => {
  let nodes: RedisCluster
  let cluster: Cluster

  beforeAll(async () => {
    nodes = await RedisCluster.start()
    cluster = nodes.client()
  }, 30_000)
  afterAll(async () => {
    cluster.disconnect()
    await nodes.kill()
  })

  const flush = () => nodes.onEach((node) => node.flushall())

  backendContract({ describe, it }, async () => {
    await flush()
    return { backend: new RedisRegistryBackend(cluster, { ttl: 0.6 }), advance: (ms) => pause(ms) }
  })

  it('keeps services on all nodes, whatever their names, and finds instances by their ids alone', async () => {
    await flush()
    const backend = new RedisRegistryBackend(cluster)
    const names = ['orders', '{}', '}{', 'a{b}c', 'käse', '%7B', ...Array.from({ length: 20 }, (_, n) => `service-${n}`)]
    for (const name of names) await backend.register(sampleInstance({ name, host: '::1' }))
    await backend.register(sampleInstance({ id: 'an id of my own' }))
    const other = new RedisRegistryBackend(cluster)
    expect(await other.getAllServices()).toEqual([...names].sort())
    for (const name of names) expect(await other.heartbeat(`${name}:::1:3000`)).toBe(true)
    expect((await other.getInstance('an id of my own'))?.name).toBe('orders')
    const sizes = await Promise.all(cluster.nodes('master').map((node) => node.dbsize()))
    expect(sizes.every((size) => size > 0)).toBe(true)
  })

  it('tells watches on one node what happens on the others, also after the node that told them is gone', async () => {
    await flush()
    const watching = nodes.client()
    const watcher = new RedisRegistryBackend(watching, { resyncInterval: '300ms' })
    const owner = new RedisRegistryBackend(cluster)
    // Not those of the test before: the bus between the nodes may bring a change of theirs after the flush.
    const names = Array.from({ length: 6 }, (_, n) => `watched-${n}`)
    const watches = names.map((name) => recorded(watcher, name))
    for (const name of names) await owner.register(sampleInstance({ name }))
    const counts = () => watches.map((watch) => watch.ids()?.length)
    await expect.poll(counts, patience).toEqual(names.map(() => 1))
    await nodes.onEach((node) => node.client('KILL', 'TYPE', 'pubsub'))
    for (const name of names) await owner.register(sampleInstance({ name, port: 3001 }))
    await expect.poll(counts, patience).toEqual(names.map(() => 2))
    for (const name of names) await owner.register(sampleInstance({ name, port: 3002 }))
    await expect.poll(counts, patience).toEqual(names.map(() => 3))
    await watcher.close()
    watching.disconnect()
  }, 30_000)
})
