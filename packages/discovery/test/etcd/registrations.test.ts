import { ServiceStatus } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { serverIsMissing } from 'hazeljs-test-servers'
import { describe, expect, it } from 'vitest'
import { base64, follow, until, useEtcd } from './etcd.fixture.js'

const { id } = sampleInstance()

describe.skipIf(serverIsMissing('etcd'))('registrations in etcd', () => {
  const etcd = useEtcd()

  it('leave no lease behind: not when they are renewed, replaced or moved, nor when they end', async () => {
    const before = await etcd.leases()
    const backend = etcd.backend({ ttl: '1s' })
    await backend.register(sampleInstance())
    await backend.register(sampleInstance({ tags: ['new'] }))
    expect((await etcd.leases()).length).toBe(before.length + 1)
    await backend.register(sampleInstance({ id, name: 'users' }))
    await backend.deregister(id)
    await until(async () => (await etcd.leases()).length === before.length, 'all leases have ended')
  })

  it('do not end with the lease of the registration that they replaced', async () => {
    const backend = etcd.backend({ ttl: '1s' })
    const watch = follow(backend)
    await backend.register(sampleInstance({ tags: ['old'] }))
    await backend.register(sampleInstance({ tags: ['new'] }))
    const before = await etcd.leases()
    for (let beat = 0; beat < 6; beat++) {
      await new Promise((resolve) => setTimeout(resolve, 333))
      expect(await backend.heartbeat(id)).toBe(true)
    }
    expect(await etcd.leases()).toEqual(before)
    expect(watch.removed()).toEqual([])
  })

  it('belong to nobody: another process renews them, changes them and takes them out', async () => {
    const keyPrefix = etcd.freshPrefix()
    const owner = etcd.backend({ keyPrefix, ttl: '2s' })
    const operator = etcd.backend({ keyPrefix, ttl: '90s' })
    await owner.register(sampleInstance())
    expect(await operator.heartbeat(id)).toBe(true)
    await operator.updateStatus(id, ServiceStatus.OUT_OF_SERVICE)
    expect((await owner.getInstance(id))?.status).toBe(ServiceStatus.OUT_OF_SERVICE)
    await operator.deregister(id)
    expect(await owner.heartbeat(id)).toBe(false)
  })

  it('are not kept alive without their instance, which somebody may have deleted by hand', async () => {
    const backend = etcd.backend({ keyPrefix: 'by-hand' })
    await backend.register(sampleInstance())
    await etcd.ask('kv/deleterange', { key: base64(`by-hand/services/orders/${id}`) })
    expect(await backend.heartbeat(id)).toBe(false)
    await backend.register(sampleInstance())
    expect(await backend.heartbeat(id)).toBe(true)
  })

  it('keep their lease when their status changes, however many change it at once', async () => {
    const backend = etcd.backend({ keyPrefix: 'kept' })
    await backend.register(sampleInstance())
    const leaseOf = async () => (await etcd.ask('kv/range', { key: base64(`kept/services/orders/${id}`) })).kvs?.[0]?.lease
    const lease = await leaseOf()
    const statuses = [ServiceStatus.DOWN, ServiceStatus.UP, ServiceStatus.STARTING, ServiceStatus.OUT_OF_SERVICE]
    await Promise.all(statuses.map((status) => backend.updateStatus(id, status)))
    expect(statuses).toContain((await backend.getInstance(id))?.status)
    expect(lease).toMatch(/^\d{10,}$/)
    expect(await leaseOf()).toBe(lease)
  })

  it('that moved to another service left the old one on purpose', async () => {
    const backend = etcd.backend()
    const watch = follow(backend)
    await backend.register(sampleInstance({ id: 'x' }))
    await until(() => watch.ports()?.length === 1, 'the watch knows it')
    await backend.register(sampleInstance({ id: 'x', name: 'users' }))
    await until(() => watch.ports()?.length === 0, 'the watch knows that it left')
    expect(watch.removed()).toEqual([{ id: 'x', reason: 'deregistered' }])
    expect(await backend.getAllServices()).toEqual(['users'])
  })

  it('of others are left out and reported where they are corrupt, and come back when they are corrected', async () => {
    const logged: string[] = []
    const backend = etcd.backend({ keyPrefix: 'foreign' }, logged)
    await backend.register(sampleInstance({ port: 1 }))
    const watch = follow(backend)
    await until(() => watch.ports()?.length === 1, 'the watch has begun')
    await etcd.put('foreign/services/orders/torn', '{"id":"torn",')
    await etcd.put('foreign/services/orders/stranger', JSON.stringify(sampleInstance({ id: 'someone', port: 2 })))
    await etcd.put('foreign/services/orders/much/too/deep', 'x')
    await etcd.put('foreign/services/orders/good', JSON.stringify({ id: 'good', name: 'orders', host: 'h', port: 3 }))
    await until(() => watch.ports()?.length === 2, 'the watch tells the good ones')
    expect((await backend.getInstances('orders')).map(({ port }) => port).sort()).toEqual([1, 3])
    expect(logged.map((line) => /delete (\S+):/.exec(line)?.[1]).sort()).toEqual([
      'foreign/services/orders/much/too/deep',
      'foreign/services/orders/stranger',
      'foreign/services/orders/torn',
    ])
    await etcd.put('foreign/services/orders/torn', JSON.stringify(sampleInstance({ id: 'torn', port: 4 })))
    await until(() => watch.ports()?.length === 3, 'the corrected one is told')
    expect(await backend.getInstance('torn')).toBeNull()
  })

  it('of a foreign writer live without a lease as long as their keys', async () => {
    const backend = etcd.backend({ keyPrefix: 'static' })
    await etcd.put('static/services/orders/x', JSON.stringify(sampleInstance({ id: 'x' })))
    await etcd.put('static/ids/x', 'orders')
    expect(await backend.heartbeat('x')).toBe(true)
    await backend.updateStatus('x', ServiceStatus.DOWN)
    expect((await backend.getInstance('x'))?.status).toBe(ServiceStatus.DOWN)
    await backend.deregister('x')
    const left = await etcd.ask('kv/range', { key: base64('static/'), range_end: base64('static0') })
    expect(left.kvs ?? []).toEqual([])
  })
})
