import { serverIsMissing } from 'hazeljs-test-servers'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { describe, expect, it } from 'vitest'
import { follow, until, useEtcd } from './etcd.fixture.js'
import { TcpProxy } from './tcp-proxy.fixture.js'

const instances = Array.from({ length: 100 }, (_, index) => sampleInstance({ port: index + 1 }))

describe.skipIf(serverIsMissing('etcd'))('a watch of etcd, told of many changes at once', () => {
  const etcd = useEtcd()

  it('tells them in a few states: each costs listeners as much as there are instances', async () => {
    const proxy = await TcpProxy.to(etcd.server.port)
    const keyPrefix = etcd.freshPrefix()
    const owner = etcd.backend({ keyPrefix })
    const watch = follow(etcd.backend({ keyPrefix, endpoints: proxy.url, watchIdleTimeout: '1m' }))
    await owner.register(sampleInstance({ port: 1_000 }))
    await until(() => watch.ports()?.length === 1, 'the watch has begun')
    proxy.stall()
    for (const instance of instances) await owner.register(instance)
    proxy.flow()
    await until(() => watch.ports()?.length === instances.length + 1, 'the watch tells all of them')
    expect(watch.events.length).toBeLessThan(instances.length / 4)
    await proxy.close()
  })
})
