import assert from 'node:assert/strict'
import { emptyTally } from '../canary/rollout/rollout.js'
import { type CanaryStoreTest, plain, sampleRollout, sampleTally } from './canary-store-harness.js'

/** The part of `canaryStoreContract` on what is kept, and on compare-and-set. */
export function rolloutContract(test: CanaryStoreTest): void {
  test('keeps what the first one opened, and gives it whole to all others', async ({ store, other }) => {
    const first = await store.open('a', sampleRollout())
    assert.deepEqual(plain(first), plain({ rollout: sampleRollout(), revision: first.revision, tally: emptyTally, leader: undefined }))
    assert.deepEqual(plain(await other.open('a', sampleRollout({ weight: 1 }))), plain(first))
  })

  test('keeps rollouts apart, whatever their ids', async ({ store, other }) => {
    const ids = ['a', 'A', 'a:b', '{a}', '}a{', '%7Ba%7D', '/api/**', 'käse', 'a b\n', '\u{1F600}']
    for (const [epoch, id] of ids.entries()) await store.open(id, sampleRollout({ epoch }))
    for (const [epoch, id] of ids.entries()) assert.equal((await other.open(id, sampleRollout())).rollout.epoch, epoch)
  })

  test('keeps a rollout that has nothing optional', async ({ store, other }) => {
    const bare = sampleRollout({ slowMs: undefined, epoch: 0, weight: 0, reason: '', past: [] })
    await store.open('a', bare)
    const { rollout } = await other.open('a', sampleRollout())
    assert.equal(rollout.slowMs, undefined)
    assert.deepEqual(plain(rollout), plain(bare))
  })

  test('replaces a rollout of the revision that the caller knows, and no other', async ({ store, other }) => {
    const { revision } = await store.open('a', sampleRollout())
    const next = sampleRollout({ state: 'ROLLED_BACK', epoch: 3, weight: 0 })
    const updated = await store.update('a', revision, next)
    assert.ok(updated !== undefined && updated.revision > revision)
    assert.deepEqual(plain(updated.rollout), plain(next))
    assert.equal(await other.update('a', revision, sampleRollout({ epoch: 4 })), undefined)
    assert.equal(await other.update('a', updated.revision + 1, sampleRollout({ epoch: 4 })), undefined)
    assert.deepEqual(plain(await other.open('a', sampleRollout())), plain(updated))
  })

  test('lets exactly one of many win', async ({ store, other }) => {
    const { revision } = await store.open('a', sampleRollout())
    const weights = Array.from({ length: 20 }, (_, index) => index)
    const outcomes = await Promise.all(
      weights.map((weight) => (weight % 2 === 0 ? store : other).update('a', revision, sampleRollout({ epoch: 3, weight }))),
    )
    const [winner, ...others] = outcomes.filter((outcome) => outcome !== undefined)
    assert.deepEqual(others, [])
    assert.deepEqual(plain(await other.open('a', sampleRollout())), plain(winner))
  })

  test('replaces nothing where nothing is, and says so to whoever reports', async ({ store }) => {
    assert.equal(await store.update('a', 1, sampleRollout()), undefined)
    const report = store.report('a', { member: 'm', epoch: 2, tally: sampleTally(1), leaseMs: 1_000 })
    await assert.rejects(report, { code: 'ROLLOUT_UNKNOWN' })
  })

  test('forgets a rollout with all that was reported, and begins anew with a later revision', async ({ store, other }) => {
    await store.open('a', sampleRollout())
    const before = await store.report('a', { member: 'm', epoch: 2, tally: sampleTally(1), leaseMs: 60_000 })
    await other.remove('a')
    await other.remove('a')
    assert.equal(await store.update('a', before.revision, sampleRollout()), undefined)
    const anew = await store.open('a', sampleRollout({ weight: 1 }))
    assert.ok(anew.revision > before.revision)
    assert.deepEqual([anew.rollout.weight, anew.tally.stable.requests, anew.leader], [1, 0, undefined])
  })
}
