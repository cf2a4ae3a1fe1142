import assert from 'node:assert/strict'
import { ServiceStatus } from '@hazeljs/core'
import type { RegistryBackend } from '../backends/registry-backend.js'
import { type BackendHarness, recordWatch, watchPatienceMs } from './backend-harness.js'
import type { TestRunner } from './contract.js'
import { contractTest } from './contract-test.js'
import { sampleInstance } from './sample-instance.js'

/**
 * What every {@link RegistryBackend} that takes registrations has to do. `open` is called for each test.
 *
 * The leases' part needs a ttl that the harness can wait for, and is left out where `ttlMs` is `undefined`.
 */
export function backendContract(runner: TestRunner, open: () => BackendHarness | Promise<BackendHarness>): void {
  const { describe } = runner
  const test = contractTest(runner, open)

  describe('registrations', () => {
    test('gives back what was registered', async (backend) => {
      const instance = sampleInstance({
        zone: 'a',
        tags: ['api', 'v1'],
        metadata: { version: '1.0.0', weight: 80, nested: { deep: true } },
      })
      await backend.register(instance)
      assert.deepEqual({ ...(await backend.getInstance(instance.id)), lastHeartbeat: 0 }, instance)
    })

    test('knows nothing of what was never registered', async (backend) => {
      assert.deepEqual(await backend.getInstances('nobody'), [])
      assert.equal(await backend.getInstance('nobody:1:1'), null)
      assert.equal(await backend.heartbeat('nobody:1:1'), false)
      assert.deepEqual(await backend.getAllServices(), [])
    })

    test('replaces the instance with the same id', async (backend) => {
      await backend.register(sampleInstance({ tags: ['old'] }))
      await backend.register(sampleInstance({ tags: ['new'] }))
      assert.deepEqual(
        (await backend.getInstances('orders')).map(({ tags }) => tags),
        [['new']],
      )
    })

    test('keeps services apart and lists their names in order', async (backend) => {
      await backend.register(sampleInstance({ name: 'users' }))
      await backend.register(sampleInstance({ name: 'orders' }))
      await backend.register(sampleInstance({ name: 'orders', port: 3001 }))
      assert.deepEqual(await backend.getAllServices(), ['orders', 'users'])
      assert.deepEqual(await idsOf(backend, 'users'), ['users:127.0.0.1:3000'])
    })

    test('forgets what was deregistered, and its service with the last instance', async (backend) => {
      const instance = sampleInstance()
      await backend.register(instance)
      await backend.deregister(instance.id)
      await backend.deregister(instance.id)
      assert.deepEqual(await backend.getInstances('orders'), [])
      assert.deepEqual(await backend.getAllServices(), [])
      assert.equal(await backend.heartbeat(instance.id), false)
    })

    test('is not changed by what the caller does to the instance afterwards', async (backend) => {
      const tags = ['v1']
      await backend.register(sampleInstance({ tags }))
      tags.push('v2')
      assert.deepEqual((await backend.getInstance(sampleInstance().id))?.tags, ['v1'])
    })
  })

  describe('filters and statuses', () => {
    test('takes all parts of a filter together', async (backend) => {
      await backend.register(sampleInstance({ port: 1, zone: 'a', tags: ['x', 'y'], metadata: { version: '1', stage: 'prod' } }))
      await backend.register(sampleInstance({ port: 2, zone: 'a', tags: ['x'], metadata: { version: '2' } }))
      await backend.register(sampleInstance({ port: 3, zone: 'b', tags: ['x', 'y'], status: ServiceStatus.DOWN }))
      const portsOf = async (filter: Parameters<RegistryBackend['getInstances']>[1]) =>
        (await backend.getInstances('orders', filter)).map(({ port }) => port).sort()
      assert.deepEqual(await portsOf({}), [1, 2, 3])
      assert.deepEqual(await portsOf({ zone: 'a' }), [1, 2])
      assert.deepEqual(await portsOf({ tags: ['x', 'y'] }), [1, 3])
      assert.deepEqual(await portsOf({ metadata: { version: '1', stage: 'prod' } }), [1])
      assert.deepEqual(await portsOf({ status: ServiceStatus.DOWN }), [3])
      assert.deepEqual(await portsOf({ zone: 'a', tags: ['y'], metadata: { version: '2' } }), [])
    })

    test('changes a status and nothing else', async (backend) => {
      const instance = sampleInstance({ metadata: { version: '1' } })
      await backend.register(instance)
      await backend.updateStatus(instance.id, ServiceStatus.OUT_OF_SERVICE)
      await backend.updateStatus('nobody:1:1', ServiceStatus.UP)
      const expected = { ...instance, status: ServiceStatus.OUT_OF_SERVICE }
      assert.deepEqual({ ...(await backend.getInstance(instance.id)), lastHeartbeat: 0 }, expected)
    })

    test('leaves a status as it is when a heartbeat comes', async (backend) => {
      const { id } = sampleInstance()
      await backend.register(sampleInstance())
      await backend.updateStatus(id, ServiceStatus.OUT_OF_SERVICE)
      assert.equal(await backend.heartbeat(id), true)
      assert.equal((await backend.getInstance(id))?.status, ServiceStatus.OUT_OF_SERVICE)
    })
  })

  describe('leases', () => {
    test('drops whoever sends no heartbeat, and keeps whoever does', async (backend, { advance }) => {
      const { ttlMs } = backend
      if (ttlMs === undefined) return
      await backend.register(sampleInstance({ port: 1 }))
      await backend.register(sampleInstance({ port: 2 }))
      for (let third = 0; third < 5; third++) {
        await advance(ttlMs / 3)
        assert.equal(await backend.heartbeat('orders:127.0.0.1:1'), true)
      }
      await backend.cleanup()
      assert.deepEqual(await idsOf(backend, 'orders'), ['orders:127.0.0.1:1'])
      assert.equal(await backend.heartbeat('orders:127.0.0.1:2'), false)
    })
  })

  describe('watches', () => {
    test('tell the present state first, but not before they are set up', async (backend, harness) => {
      if (backend.watch === undefined) return
      await backend.register(sampleInstance())
      const watch = recordWatch(backend, harness)
      assert.equal(watch.events.length, 0)
      await watch.until((ids) => ids.length === 1)
      watch.stop()
    })

    test('tell an unknown service as an empty one', async (backend, harness) => {
      if (backend.watch === undefined) return
      const watch = recordWatch(backend, harness)
      await watch.until((ids) => ids.length === 0)
      watch.stop()
    })

    test('tell the whole state after each change, and only of their service', async (backend, harness) => {
      if (backend.watch === undefined) return
      const watch = recordWatch(backend, harness)
      await watch.until((ids) => ids.length === 0)
      await backend.register(sampleInstance({ port: 1 }))
      await backend.register(sampleInstance({ port: 2 }))
      await watch.until((ids) => ids.length === 2)
      await backend.register(sampleInstance({ name: 'users' }))
      await backend.updateStatus('orders:127.0.0.1:1', ServiceStatus.DOWN)
      await watch.untilInstances((instances) => instances.some(({ status }) => status === ServiceStatus.DOWN))
      assert.ok(watch.snapshots().every(({ instances }) => instances.every(({ name }) => name === 'orders')))
      watch.stop()
    })

    test('say who was deregistered', async (backend, harness) => {
      if (backend.watch === undefined) return
      await backend.register(sampleInstance())
      const watch = recordWatch(backend, harness)
      await watch.until((ids) => ids.length === 1)
      await backend.deregister(sampleInstance().id)
      await watch.until((ids) => ids.length === 0)
      assert.deepEqual(
        watch.snapshots().flatMap(({ removed }) => removed),
        [{ id: sampleInstance().id, reason: 'deregistered' }],
      )
      watch.stop()
    })

    test('say who expired', async (backend, harness) => {
      const { ttlMs } = backend
      if (backend.watch === undefined || ttlMs === undefined) return
      await backend.register(sampleInstance())
      const watch = recordWatch(backend, harness)
      await watch.until((ids) => ids.length === 1)
      await watch.until((ids) => ids.length === 0, ttlMs + watchPatienceMs)
      assert.deepEqual(
        watch.snapshots().flatMap(({ removed }) => removed),
        [{ id: sampleInstance().id, reason: 'expired' }],
      )
      watch.stop()
    })

    test('are silent once they are stopped', async (backend, harness) => {
      if (backend.watch === undefined) return
      const watch = recordWatch(backend, harness)
      const other = recordWatch(backend, harness)
      await watch.until((ids) => ids.length === 0)
      watch.stop()
      watch.stop()
      const told = watch.events.length
      await backend.register(sampleInstance())
      await other.until((ids) => ids.length === 1)
      assert.equal(watch.events.length, told)
      other.stop()
    })

    test('let a listener change the registry, and tell each change in order', async (backend, harness) => {
      if (backend.watch === undefined) return
      const seen: number[] = []
      const stop = backend.watch('orders', (event) => {
        if (event.kind !== 'snapshot') return
        seen.push(event.instances.length)
        if (event.instances.length === 1) void backend.register(sampleInstance({ port: 2 }))
      })
      const watch = recordWatch(backend, harness)
      await backend.register(sampleInstance({ port: 1 }))
      await watch.until((ids) => ids.length === 2)
      assert.deepEqual(
        seen,
        [...seen].sort((a, b) => a - b),
      )
      stop()
      watch.stop()
    })
  })
}

async function idsOf(backend: RegistryBackend, name: string): Promise<string[]> {
  return (await backend.getInstances(name)).map(({ id }) => id).sort()
}
