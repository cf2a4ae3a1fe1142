import assert from 'node:assert/strict'
import { ServiceStatus } from '@hazeljs/core'
import type { RegistryBackend } from '../backends/registry-backend.js'
import { type ReadOnlyBackendHarness, recordWatch, silenceMs, untilItHolds } from './backend-harness.js'
import type { TestRunner } from './contract.js'
import { type ContractTest, contractTest } from './contract-test.js'
import { sampleInstance } from './sample-instance.js'

const first = { host: '127.0.0.1', port: 3001 }
const second = { host: '127.0.0.2', port: 3001 }
const third = { host: '127.0.0.3', port: 3002 }

/** What every {@link RegistryBackend} has to do that is only read: who is in it is decided elsewhere. `open` is called for each test. */
export function readOnlyBackendContract(runner: TestRunner, open: () => ReadOnlyBackendHarness | Promise<ReadOnlyBackendHarness>): void {
  const test = contractTest(runner, open)
  runner.describe('what it lists', () => listings(test))
  runner.describe('watches', () => watches(test))
  runner.describe('what is only read', () => refusals(test))
}

function listings(test: ContractTest<ReadOnlyBackendHarness>): void {
  test('every instance of a service, UP, with an id that stays', async (backend, harness) => {
    await harness.setInstances('orders', [first, second, third])
    await untilListed(backend, harness, [first, second, third])
    const listed = await backend.getInstances('orders')
    assert.ok(listed.every(({ name, status }) => name === 'orders' && status === ServiceStatus.UP))
    assert.equal(new Set(listed.map(({ id }) => id)).size, 3)
    assert.deepEqual((await backend.getInstances('orders')).map(({ id }) => id).sort(), listed.map(({ id }) => id).sort())
  })

  test('services apart', async (backend, harness) => {
    await harness.setInstances('orders', [first])
    await harness.setInstances('users', [second])
    await untilListed(backend, harness, [first])
    await untilListed(backend, harness, [second], 'users')
  })

  test('nobody of a service without instances, known or not', async (backend, harness) => {
    await harness.setInstances('orders', [])
    assert.deepEqual(await backend.getInstances('orders'), [])
    assert.deepEqual(await backend.getInstances('nobody'), [])
    assert.ok(!(await backend.getAllServices()).includes('nobody'))
  })

  test('only whom a filter means', async (backend, harness) => {
    await harness.setInstances('orders', [first, second])
    await untilListed(backend, harness, [first, second])
    assert.equal((await backend.getInstances('orders', { status: ServiceStatus.UP })).length, 2)
    assert.deepEqual(await backend.getInstances('orders', { status: ServiceStatus.DOWN }), [])
    assert.deepEqual(await backend.getInstances('orders', { tags: ['nobody has this'] }), [])
    assert.deepEqual(await backend.getInstances('orders', { metadata: { nobody: 'has this' } }), [])
  })

  test('an instance by its id, and none by another', async (backend, harness) => {
    await harness.setInstances('orders', [first, second])
    await untilListed(backend, harness, [first, second])
    for (const { id, host, port } of await backend.getInstances('orders')) {
      const found = await backend.getInstance(id)
      assert.deepEqual([found?.id, found?.host, found?.port], [id, host, port])
    }
    assert.equal(await backend.getInstance('nobody:127.0.0.1:1'), null)
    assert.equal(await backend.getInstance(''), null)
  })

  test('among all services those that are watched and have instances, in order', async (backend, harness) => {
    await harness.setInstances('users', [first])
    await harness.setInstances('orders', [second])
    const [orders, users] = [recordWatch(backend, harness), recordWatch(backend, harness, 'users')]
    await orders.until((ids) => ids.length === 1)
    await users.until((ids) => ids.length === 1)
    assert.deepEqual(await backend.getAllServices(), ['orders', 'users'])
    orders.stop()
    users.stop()
  })

  test('what nobody can change', async (backend, harness) => {
    await harness.setInstances('orders', [first])
    await untilListed(backend, harness, [first])
    const [instance] = await backend.getInstances('orders')
    assert.ok(Object.isFrozen(instance))
  })
}

function watches(test: ContractTest<ReadOnlyBackendHarness>): void {
  test('tell the present state first, but not before they are set up', async (backend, harness) => {
    if (backend.watch === undefined) return
    await harness.setInstances('orders', [first, second])
    const watch = recordWatch(backend, harness)
    assert.equal(watch.events.length, 0)
    await watch.until((ids) => ids.length === 2)
    watch.stop()
  })

  test('tell an unknown service as an empty one', async (backend, harness) => {
    if (backend.watch === undefined) return
    const watch = recordWatch(backend, harness)
    await watch.until((ids) => ids.length === 0)
    watch.stop()
  })

  test('tell the whole state after each change, and who left', async (backend, harness) => {
    if (backend.watch === undefined) return
    await harness.setInstances('orders', [first])
    const watch = recordWatch(backend, harness)
    await watch.until((ids) => ids.length === 1)
    const [gone] = watch.snapshots().flatMap(({ instances }) => instances)
    await harness.setInstances('orders', [first, second, third])
    await watch.until((ids) => ids.length === 3)
    await harness.setInstances('orders', [second, third])
    await watch.until((ids) => ids.length === 2)
    assert.deepEqual(
      watch.snapshots().flatMap(({ removed }) => removed.map(({ id }) => id)),
      [gone?.id],
    )
    await harness.setInstances('orders', [])
    await watch.until((ids) => ids.length === 0)
    watch.stop()
  })

  test('keep services apart', async (backend, harness) => {
    if (backend.watch === undefined) return
    const [orders, users] = [recordWatch(backend, harness), recordWatch(backend, harness, 'users')]
    await orders.until((ids) => ids.length === 0)
    await harness.setInstances('users', [first, second])
    await users.until((ids) => ids.length === 2)
    assert.ok(orders.snapshots().every(({ instances }) => instances.length === 0))
    orders.stop()
    users.stop()
  })

  test('tell a second listener the present state', async (backend, harness) => {
    if (backend.watch === undefined) return
    await harness.setInstances('orders', [first])
    const early = recordWatch(backend, harness)
    await early.until((ids) => ids.length === 1)
    const late = recordWatch(backend, harness)
    await late.until((ids) => ids.length === 1)
    early.stop()
    await harness.setInstances('orders', [first, second])
    await late.until((ids) => ids.length === 2)
    late.stop()
  })

  test('are silent once they are stopped', async (backend, harness) => {
    if (backend.watch === undefined) return
    const watch = recordWatch(backend, harness)
    const other = recordWatch(backend, harness)
    await watch.until((ids) => ids.length === 0)
    await other.until((ids) => ids.length === 0)
    watch.stop()
    watch.stop()
    const told = watch.events.length
    await harness.setInstances('orders', [first])
    await other.until((ids) => ids.length === 1)
    assert.equal(watch.events.length, told)
    other.stop()
  })

  test('are silent once the backend is closed', async (backend, harness) => {
    if (backend.watch === undefined || backend.close === undefined) return
    const watch = recordWatch(backend, harness)
    await watch.until((ids) => ids.length === 0)
    await backend.close()
    const told = watch.events.length
    await harness.setInstances('orders', [first])
    await harness.advance(silenceMs)
    assert.equal(watch.events.length, told)
  })
}

function refusals(test: ContractTest<ReadOnlyBackendHarness>): void {
  test('refuses every change, and says what to do', async (backend) => {
    const { id } = sampleInstance()
    const refused = { name: 'DiscoveryError', code: 'READ_ONLY_REGISTRY', message: /\. .{20}/ }
    await assert.rejects(backend.register(sampleInstance()), refused)
    await assert.rejects(backend.deregister(id), refused)
    await assert.rejects(backend.heartbeat(id), refused)
    await assert.rejects(backend.updateStatus(id, ServiceStatus.DOWN), refused)
  })

  test('has no leases, and nothing to clean up', async (backend) => {
    assert.equal(backend.ttlMs, undefined)
    await backend.cleanup()
  })
}

async function untilListed(
  backend: RegistryBackend,
  harness: ReadOnlyBackendHarness,
  expected: readonly { readonly host: string; readonly port: number }[],
  service = 'orders',
): Promise<void> {
  const addressesOf = (all: typeof expected) => all.map(({ host, port }) => `${host}:${port}`).sort()
  let listed: readonly string[] = []
  const isListed = async () => {
    listed = addressesOf(await backend.getInstances(service))
    return listed.join() === addressesOf(expected).join()
  }
  await untilItHolds(harness, isListed, () => `${service} was listed as ${JSON.stringify(listed)}`)
}
