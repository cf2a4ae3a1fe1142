import assert from 'node:assert/strict'
import { ServiceStatus } from '@hazeljs/core'
import { type BackendHarness, idsOf, recordWatch, untilItHolds, watchPatienceMs } from './backend-harness.js'
import type { ContractTest } from './contract-test.js'
import { sampleInstance } from './sample-instance.js'

/** The part of `backendContract` on registrations that end by themselves. */
export function leaseContract(test: ContractTest<BackendHarness>): void {
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
    assert.deepEqual(await backend.getAllServices(), ['orders'])
  })

  test('says of an expired one that it is unknown, or has it back whole', async (backend, harness) => {
    const { ttlMs } = backend
    if (ttlMs === undefined) return
    const instance = sampleInstance({ zone: 'a', tags: ['v1'], metadata: { weight: 5 } })
    await backend.register(instance)
    await untilGone(harness, ttlMs)
    const isBack = await backend.heartbeat(instance.id)
    const found = await backend.getInstance(instance.id)
    assert.deepEqual(found && { ...found, lastHeartbeat: 0 }, isBack ? instance : null)
    assert.deepEqual(await idsOf(backend, 'orders'), isBack ? [instance.id] : [])
  })

  test('takes back who expired, as new', async (backend, harness) => {
    const { ttlMs } = backend
    if (ttlMs === undefined) return
    const { id } = sampleInstance()
    await backend.register(sampleInstance({ status: ServiceStatus.DOWN, tags: ['old'] }))
    await untilGone(harness, ttlMs)
    assert.deepEqual(await backend.getAllServices(), [])
    await backend.register(sampleInstance({ tags: ['new'] }))
    const [{ status, tags } = sampleInstance()] = await backend.getInstances('orders')
    assert.deepEqual([status, tags], [ServiceStatus.UP, ['new']])
    assert.equal(await backend.heartbeat(id), true)
  })

  test('tells a watch who expired and who came back', async (backend, harness) => {
    const { ttlMs } = backend
    if (backend.watch === undefined || ttlMs === undefined) return
    await backend.register(sampleInstance())
    const watch = recordWatch(backend, harness)
    await watch.until((ids) => ids.length === 1)
    await watch.until((ids) => ids.length === 0, ttlMs + watchPatienceMs)
    await backend.register(sampleInstance())
    await watch.until((ids) => ids.length === 1)
    assert.deepEqual(
      watch.snapshots().flatMap(({ removed }) => removed),
      [{ id: sampleInstance().id, reason: 'expired' }],
    )
    watch.stop()
  })
}

/** Waits until nothing of `orders` is listed any more. */
async function untilGone(harness: BackendHarness, ttlMs: number): Promise<void> {
  const isGone = async () => (await harness.backend.getInstances('orders')).length === 0
  await untilItHolds(harness, isGone, () => 'it is listed still', ttlMs + watchPatienceMs)
}
