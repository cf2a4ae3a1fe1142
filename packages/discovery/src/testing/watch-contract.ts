import assert from 'node:assert/strict'
import { ServiceStatus } from '@hazeljs/core'
import { type BackendHarness, recordWatch, silenceMs } from './backend-harness.js'
import type { ContractTest } from './contract-test.js'
import { sampleInstance } from './sample-instance.js'

/** The part of `backendContract` on watches. */
export function watchContract(allTests: ContractTest<BackendHarness>): void {
  const test: ContractTest<BackendHarness> = (name, body) =>
    allTests(name, async (backend, harness) => {
      if (backend.watch !== undefined) await body(backend, harness)
    })

  test('tell the present state first, but not before they are set up', async (backend, harness) => {
    await backend.register(sampleInstance())
    const watch = recordWatch(backend, harness)
    assert.equal(watch.events.length, 0)
    await watch.until((ids) => ids.length === 1)
    watch.stop()
  })

  test('tell an unknown service as an empty one', async (backend, harness) => {
    const watch = recordWatch(backend, harness)
    await watch.until((ids) => ids.length === 0)
    watch.stop()
  })

  test('tell the whole state after each change, and only of their service', async (backend, harness) => {
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

  test('tell an instance that was registered anew with other metadata', async (backend, harness) => {
    await backend.register(sampleInstance({ metadata: { version: '1' } }))
    const watch = recordWatch(backend, harness)
    await watch.until((ids) => ids.length === 1)
    await backend.register(sampleInstance({ metadata: { version: '2' } }))
    await watch.untilInstances((instances) => instances[0]?.metadata.version === '2')
    assert.deepEqual(
      watch.snapshots().flatMap(({ removed }) => removed),
      [],
    )
    watch.stop()
  })

  test('tell no heartbeats', async (backend, harness) => {
    await backend.register(sampleInstance({ port: 1 }))
    const watch = recordWatch(backend, harness)
    await watch.until((ids) => ids.length === 1)
    for (let beat = 0; beat < 3; beat++) await backend.heartbeat('orders:127.0.0.1:1')
    await backend.register(sampleInstance({ port: 2 }))
    await watch.until((ids) => ids.length === 2)
    assert.deepEqual(
      watch.snapshots().map(({ instances }) => instances.length),
      [1, 2],
    )
    watch.stop()
  })

  test('say who was deregistered', async (backend, harness) => {
    for (const port of [1, 2, 3]) await backend.register(sampleInstance({ port }))
    const watch = recordWatch(backend, harness)
    await watch.until((ids) => ids.length === 3)
    await Promise.all([backend.deregister('orders:127.0.0.1:1'), backend.deregister('orders:127.0.0.1:2')])
    await watch.until((ids) => ids.length === 1)
    const removed = watch.snapshots().flatMap((snapshot) => snapshot.removed)
    assert.deepEqual(
      [...removed].sort((a, b) => (a.id < b.id ? -1 : 1)),
      [1, 2].map((port) => ({ id: `orders:127.0.0.1:${port}`, reason: 'deregistered' })),
    )
    watch.stop()
  })

  test('tell a second listener the present state, and the first nothing again', async (backend, harness) => {
    await backend.register(sampleInstance())
    const first = recordWatch(backend, harness)
    await first.until((ids) => ids.length === 1)
    const second = recordWatch(backend, harness)
    assert.equal(second.events.length, 0)
    await second.until((ids) => ids.length === 1)
    assert.equal(first.events.length, 1)
    first.stop()
    await backend.register(sampleInstance({ port: 1 }))
    await second.until((ids) => ids.length === 2)
    second.stop()
  })

  test('may be set up again after the last was stopped', async (backend, harness) => {
    const first = recordWatch(backend, harness)
    await first.until((ids) => ids.length === 0)
    first.stop()
    await backend.register(sampleInstance())
    const second = recordWatch(backend, harness)
    await second.until((ids) => ids.length === 1)
    second.stop()
  })

  test('are silent once they are stopped', async (backend, harness) => {
    const watch = recordWatch(backend, harness)
    const other = recordWatch(backend, harness)
    await watch.until((ids) => ids.length === 0)
    await other.until((ids) => ids.length === 0)
    watch.stop()
    watch.stop()
    const told = watch.events.length
    await backend.register(sampleInstance())
    await other.until((ids) => ids.length === 1)
    assert.equal(watch.events.length, told)
    other.stop()
  })

  test('are silent once the backend is closed, which may be done twice', async (backend, harness) => {
    if (backend.close === undefined) return
    const watch = recordWatch(backend, harness)
    await watch.until((ids) => ids.length === 0)
    await backend.register(sampleInstance())
    await backend.close()
    const told = watch.events.length
    await harness.advance(silenceMs)
    assert.equal(watch.events.length, told)
  })

  test('let a listener change the registry, and tell each change in order', async (backend, harness) => {
    const seen: number[] = []
    const stop = backend.watch?.('orders', (event) => {
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
    stop?.()
    watch.stop()
  })

  test('let a listener stop its own watch', async (backend, harness) => {
    let told = 0
    const stop = backend.watch?.('orders', () => {
      told++
      stop?.()
    })
    const watch = recordWatch(backend, harness)
    await watch.until((ids) => ids.length === 0)
    await backend.register(sampleInstance())
    await watch.until((ids) => ids.length === 1)
    assert.equal(told, 1)
    watch.stop()
  })

  test('are not hurt by a listener that throws or rejects, of which the process may be warned', async (backend, harness) => {
    const stopThrowing = backend.watch?.('orders', () => {
      throw quiet('thrown')
    })
    const stopRejecting = backend.watch?.('orders', () => Promise.reject(quiet('rejected')))
    const watch = recordWatch(backend, harness)
    await watch.until((ids) => ids.length === 0)
    await backend.register(sampleInstance())
    await watch.until((ids) => ids.length === 1)
    stopThrowing?.()
    stopRejecting?.()
    watch.stop()
  })
}

/** Without a stack: the process is warned of it, and whoever reads the warnings of a test run need not look. */
function quiet(what: string): Error {
  return Object.assign(new Error(`${what} by a listener of the contract suite`), { stack: '' })
}
