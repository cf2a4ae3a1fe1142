import assert from 'node:assert/strict'
import type { StoredRollout } from '../canary/sharing/canary-store.js'
import { type CanaryStoreHarness, type CanaryStoreTest, plain, sampleRollout, sampleTally, untilItHolds } from './canary-store-harness.js'

/** The part of `canaryStoreContract` on hearing of changes. */
export function rolloutWatchContract(test: CanaryStoreTest): void {
  test('tells of changes that others make, whole and with their revisions', async (harness) => {
    const { store, other } = harness
    await store.open('a', sampleRollout())
    const { told, last } = await watched(harness)
    const { revision } = await store.report('a', { member: 'one', epoch: 2, tally: sampleTally(3), leaseMs: 60_000 })
    const paused = await other.update('a', revision, sampleRollout({ state: 'PAUSED' }))
    await untilItHolds(
      harness,
      () => last()?.revision === paused?.revision,
      () => JSON.stringify(told),
    )
    assert.deepEqual(plain(last()), plain(paused))
    assert.deepEqual([last()?.tally.canary.requests, last()?.leader], [3, 'one'])
  })

  test('tells nothing of other rollouts, of reports, and of what was refused', async (harness) => {
    const { store, other } = harness
    for (const id of ['a', 'b']) await store.open(id, sampleRollout())
    const { told, last } = await watched(harness)
    told.splice(0)
    const { revision } = await other.report('a', { member: 'one', epoch: 2, tally: sampleTally(3), leaseMs: 60_000 })
    await other.update('b', (await other.open('b', sampleRollout())).revision, sampleRollout({ epoch: 3 }))
    await other.update('a', revision - 1, sampleRollout({ epoch: 3 }))
    const done = await other.update('a', revision, sampleRollout({ epoch: 4 }))
    await untilItHolds(
      harness,
      () => last()?.revision === done?.revision,
      () => JSON.stringify(told),
    )
    assert.deepEqual(
      told.map(({ rollout }) => rollout.epoch),
      [4],
    )
  })

  test('tells of a rollout that is opened anew', async (harness) => {
    const { store, other } = harness
    await store.open('a', sampleRollout())
    const { told, last } = await watched(harness)
    await other.remove('a')
    await other.open('a', sampleRollout({ epoch: 7 }))
    await untilItHolds(
      harness,
      () => last()?.rollout.epoch === 7,
      () => JSON.stringify(told),
    )
  })

  test('tells each watch until it stops, and takes to be stopped twice', async (harness) => {
    const { store, other } = harness
    await store.open('a', sampleRollout())
    const first = await watched(harness)
    const second = await watched(harness)
    first.stop()
    first.stop()
    const heard = first.told.length
    const { revision } = await other.open('a', sampleRollout())
    await other.update('a', revision, sampleRollout({ epoch: 8 }))
    await untilItHolds(
      harness,
      () => second.last()?.rollout.epoch === 8,
      () => JSON.stringify(second.told),
    )
    assert.equal(first.told.length, heard)
  })
}

/** A watch that is known to hear: the first changes may be missed, as while a connection is made. */
async function watched(harness: CanaryStoreHarness) {
  const { store, other, advance } = harness
  const told: StoredRollout[] = []
  const stop = store.watch('a', (stored) => told.push(stored))
  const last = () => told.at(-1)
  let updated: StoredRollout | undefined
  for (let attempt = 0; told.length === 0; attempt++) {
    assert.ok(attempt < 100, 'a watch was not told of any of 100 changes')
    const { rollout, revision } = await other.open('a', sampleRollout())
    updated = await other.update('a', revision, rollout)
    await advance(20)
  }
  await untilItHolds(
    harness,
    () => last()?.revision === updated?.revision,
    () => JSON.stringify(told),
  )
  return { told, last, stop }
}
