import { sampleInstance } from '@hazeljs/discovery/testing'
import { serverIsMissing } from 'hazeljs-test-servers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { follow, until, useEtcd } from './etcd.fixture.js'
import { TcpProxy } from './tcp-proxy.fixture.js'

const one = sampleInstance({ port: 1 })
const two = sampleInstance({ port: 2 })
const three = sampleInstance({ port: 3 })

describe.skipIf(serverIsMissing('etcd'))('a watch of etcd that', () => {
  const etcd = useEtcd()
  let proxy: TcpProxy
  beforeEach(async () => {
    proxy = await TcpProxy.to(etcd.server.port)
  })
  afterEach(() => proxy.close())

  /** Two views of the same registry: one through the proxy, one that is never disturbed. */
  const both = (watchIdleTimeout = '30s', ttl = '60s') => {
    const keyPrefix = etcd.freshPrefix()
    const watching = etcd.backend({ endpoints: proxy.url, keyPrefix, ttl, requestTimeout: '300ms', watchIdleTimeout })
    return { watching, writing: etcd.backend({ keyPrefix, ttl }), watch: follow(watching) }
  }
  const compact = async () => {
    const { header } = await etcd.ask('kv/range', { key: 'eA==' })
    await etcd.ask('kv/compaction', { revision: header?.revision, physical: true })
  }

  it('is cut goes on where it was, and tells no failure', async () => {
    const { watch, writing } = both()
    await writing.register(one)
    await writing.register(two)
    await until(() => watch.ports()?.length === 2, 'both are known')
    for (let cut = 0; cut < 3; cut++) {
      proxy.cut()
      await writing.deregister(one.id)
      await until(() => watch.ports()?.length === 1, 'who left is gone')
      await writing.register(one)
      await until(() => watch.ports()?.length === 2, 'who returned is there')
    }
    expect(watch.removed()).toEqual(Array(3).fill({ id: one.id, reason: 'deregistered' }))
    expect(watch.failures().length).toBeLessThanOrEqual(2)
  })

  it('is cut off while its revision is compacted lists anew: no ghost, no duplicate, and the reasons are known', async () => {
    const { watch, writing } = both()
    await writing.register(one)
    await writing.register(two)
    await until(() => watch.ports()?.length === 2, 'both are known')
    proxy.stall()
    await writing.deregister(one.id)
    await writing.register(three)
    await compact()
    proxy.cut()
    await until(() => watch.failures().length === 1, 'etcd cannot be reached')
    proxy.flow()
    await until(() => watch.ports()?.includes(3), 'who came is there')
    expect(watch.ports()).toEqual([2, 3])
    expect(watch.removed()).toEqual([{ id: one.id, reason: 'deregistered' }])
    await writing.register(one)
    await until(() => watch.ports()?.length === 3, 'the new watch delivers')
  })

  it('is compacted away while it is open, but quiet, goes on', async () => {
    const { watch, writing } = both('100ms')
    await writing.register(one)
    await until(() => watch.ports()?.length === 1, 'it is known')
    await etcd.put('elsewhere', 'x')
    await compact()
    const { length } = watch.events
    await new Promise((resolve) => setTimeout(resolve, 500))
    await writing.register(two)
    await until(() => watch.ports()?.length === 2, 'the newcomer is told')
    expect(watch.removed()).toEqual([])
    expect(watch.failures().slice(length)).toEqual([])
  })

  it('died silently is noticed, and what it missed is told', async () => {
    const { watch, writing } = both('200ms')
    await writing.register(one)
    await until(() => watch.ports()?.length === 1, 'it is known')
    proxy.stall()
    await writing.register(two)
    await until(() => watch.failures().length === 1, 'the silence is noticed')
    expect(watch.failures()[0]).toContain(`${proxy.url}: no answer within 300 ms`)
    expect(watch.ports()).toEqual([1])
    proxy.flow()
    await until(() => watch.ports()?.length === 2, 'what it missed is told')
    expect(watch.events.at(-1)?.kind).toBe('snapshot')
  })

  it('is quiet is opened anew without telling anybody, and leaves one connection', async () => {
    const { watch, writing } = both('50ms')
    await writing.register(one)
    await until(() => watch.ports()?.length === 1, 'it is known')
    const { length } = watch.events
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(watch.events.length).toBe(length)
    expect(proxy.connections).toBeLessThanOrEqual(3)
    watch.stop()
    await until(() => proxy.connections <= 1, 'its connection is closed')
  })

  it('sees an instance expire while it was cut off says so', async () => {
    const { watch, writing } = both('30s', '1s')
    await writing.register(one)
    await until(() => watch.ports()?.length === 1, 'it is known')
    proxy.stall()
    await until(async () => (await writing.getInstances('orders')).length === 0, 'it has expired')
    proxy.cut()
    proxy.flow()
    await until(() => watch.ports()?.length === 0, 'it is gone')
    expect(watch.removed()).toEqual([{ id: one.id, reason: 'expired' }])
  })
})
