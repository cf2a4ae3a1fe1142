import assert from 'node:assert/strict'
import { ServiceStatus } from '@hazeljs/core'
import { type BackendHarness, idsOf, recordWatch } from './backend-harness.js'
import type { ContractTest } from './contract-test.js'
import { sampleInstance } from './sample-instance.js'

/** Where a key or a path is made of a name, these are taken for one another, for a part, or for a pattern. */
const names = [
  'shop',
  'shop.orders',
  'shop/orders',
  'shop/orders/eu',
  'shop:orders',
  'shop-orders',
  'shop{orders}',
  'Bücher',
  'constructor',
]
const ids = ['orders/blue 7', 'orders:blue:7', 'orders?blue=7&x#y', '100%', 'blau/ö', 'a', 'a:b']

/** The part of `backendContract` on names, ids and texts that mean something to a registry. */
export function namingContract(test: ContractTest<BackendHarness>): void {
  test('keeps services with similar names apart', async (backend) => {
    for (const name of names) await backend.register(sampleInstance({ name }))
    for (const name of names) assert.deepEqual(await idsOf(backend, name), [sampleInstance({ name }).id])
    assert.deepEqual(await backend.getAllServices(), [...names].sort())
    await backend.deregister(sampleInstance({ name: 'shop' }).id)
    assert.deepEqual(await backend.getInstances('shop'), [])
    assert.equal((await backend.getInstances('shop/orders')).length, 1)
  })

  test('watches only the service that was named', async (backend, harness) => {
    if (backend.watch === undefined) return
    const watch = recordWatch(backend, harness, 'shop/orders')
    await watch.until((all) => all.length === 0)
    for (const name of names) await backend.register(sampleInstance({ name }))
    await watch.until((all) => all.length === 1)
    assert.ok(watch.snapshots().every(({ instances }) => instances.every(({ name }) => name === 'shop/orders')))
    watch.stop()
  })

  test('takes any text as an id', async (backend) => {
    for (const [index, id] of ids.entries()) await backend.register(sampleInstance({ id, port: index + 1 }))
    assert.deepEqual(await idsOf(backend, 'orders'), [...ids].sort())
    for (const [index, id] of ids.entries()) {
      assert.equal(await backend.heartbeat(id), true)
      await backend.updateStatus(id, ServiceStatus.DOWN)
      const found = await backend.getInstance(id)
      assert.deepEqual([found?.id, found?.port, found?.status], [id, index + 1, ServiceStatus.DOWN])
      await backend.deregister(id)
      assert.equal(await backend.getInstance(id), null)
    }
  })

  test('takes names and addresses of every kind as a host', async (backend) => {
    const hosts = ['2001:db8::7', '::1', '10.0.0.7', 'orders-7.shop.svc.cluster.local', 'localhost']
    for (const host of hosts) await backend.register(sampleInstance({ host }))
    assert.deepEqual((await backend.getInstances('orders')).map(({ host }) => host).sort(), [...hosts].sort())
    for (const host of hosts) assert.equal((await backend.getInstance(sampleInstance({ host }).id))?.host, host)
  })

  test('keeps texts of every language, and keys with dots and slashes', async (backend) => {
    const instance = sampleInstance({
      zone: 'Zürich',
      tags: ['größe:l', '日本', 'with space', 'a,b', '"quoted"'],
      metadata: { 'app.kubernetes.io/part-of': 'shop', größe: '日本語 🚀', text: 'one\n"two" \\ \u0007 {three}', empty: '', list: [] },
    })
    await backend.register(instance)
    const found = await backend.getInstance(instance.id)
    assert.deepEqual({ ...found, lastHeartbeat: 0 }, instance)
    assert.equal((await backend.getInstances('orders', { zone: 'Zürich', tags: ['日本'], metadata: { größe: '日本語 🚀' } })).length, 1)
  })
}
