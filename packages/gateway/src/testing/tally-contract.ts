import assert from 'node:assert/strict'
import { addTallies, emptyTally, type CanaryTally } from '../canary/rollout/rollout.js'
import { type CanaryStoreTest, sampleRollout, sampleTally } from './canary-store-harness.js'

const reportOf = (member: string, tally: CanaryTally, epoch = 2) => ({ member, epoch, tally, leaseMs: 0 })

/** The part of `canaryStoreContract` on what members count. */
export function tallyContract(test: CanaryStoreTest): void {
  test('adds what members counted, each number by itself', async ({ store, other }) => {
    await store.open('a', sampleRollout())
    const one: CanaryTally = {
      stable: { requests: 1_000_003, errors: 2, slow: 3, distinctErrors: 4, distinctSlow: 5 },
      canary: { requests: 6, errors: 7, slow: 8, distinctErrors: 9, distinctSlow: 2 ** 40 },
    }
    assert.deepEqual((await store.report('a', reportOf('one', one))).tally, one)
    const { tally } = await other.report('a', reportOf('two', sampleTally(5, 1)))
    assert.deepEqual(tally, addTallies(one, sampleTally(5, 1)))
    assert.deepEqual((await store.open('a', sampleRollout())).tally, tally)
  })

  test('takes a report for all that its member counted: repeated it changes nothing', async ({ store }) => {
    await store.open('a', sampleRollout())
    for (const requests of [1, 5, 5]) await store.report('a', reportOf('one', sampleTally(requests)))
    const { tally } = await store.report('a', reportOf('two', sampleTally(2)))
    assert.deepEqual([tally.canary.requests, tally.stable.slow], [7, 2])
  })

  test('is not set back by a report that comes late', async ({ store }) => {
    await store.open('a', sampleRollout())
    await store.report('a', reportOf('one', sampleTally(9, 3)))
    const { tally } = await store.report('a', reportOf('one', sampleTally(8, 2)))
    assert.deepEqual([tally.canary.requests, tally.canary.errors], [9, 3])
  })

  test('adds nothing of another epoch', async ({ store }) => {
    await store.open('a', sampleRollout())
    await store.report('a', reportOf('one', sampleTally(9), 1))
    assert.deepEqual((await store.report('a', reportOf('one', sampleTally(9), 3))).tally, emptyTally)
  })

  test('begins to count anew with each epoch, and only then', async ({ store, other }) => {
    const opened = await store.open('a', sampleRollout())
    await store.report('a', reportOf('one', sampleTally(9)))
    const paused = await store.update('a', opened.revision, sampleRollout({ state: 'PAUSED' }))
    assert.equal(paused?.tally.canary.requests, 9)
    const moved = await store.update('a', paused.revision, sampleRollout({ epoch: 3 }))
    assert.deepEqual(moved?.tally, emptyTally)
    const { tally } = await other.report('a', reportOf('one', sampleTally(1), 3))
    assert.deepEqual(tally, sampleTally(1))
  })
}
