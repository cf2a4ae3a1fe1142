import assert from 'node:assert/strict'
import { emptyTally } from '../canary/rollout/rollout.js'
import { type CanaryStoreTest, sampleRollout } from './canary-store-harness.js'

/** Long enough for a busy machine to be late by a third of it. */
const leaseMs = 1_000
const reportOf = (member: string, forMs = leaseMs, epoch = 2) => ({ member, epoch, tally: emptyTally, leaseMs: forMs })

/** The part of `canaryStoreContract` on who decides. */
export function leaseContract(test: CanaryStoreTest): void {
  test('goes to who asks first, and to nobody else while it is renewed', async ({ store, other, advance }) => {
    await store.open('a', sampleRollout())
    assert.equal((await store.report('a', reportOf('one'))).leader, 'one')
    for (let round = 0; round < 4; round++) {
      await advance(leaseMs / 3)
      assert.equal((await other.report('a', reportOf('two'))).leader, 'one')
      assert.equal((await store.report('a', reportOf('one'))).leader, 'one')
    }
    assert.equal((await other.open('a', sampleRollout())).leader, 'one')
  })

  test('ends by itself when its holder is silent', async ({ store, other, advance }) => {
    await store.open('a', sampleRollout())
    await store.report('a', reportOf('one'))
    await advance(leaseMs + 100)
    assert.equal((await other.open('a', sampleRollout())).leader, undefined)
    assert.equal((await other.report('a', reportOf('two'))).leader, 'two')
    assert.equal((await store.report('a', reportOf('one'))).leader, 'two')
  })

  test('is given up by its holder, and taken away by nobody', async ({ store, other }) => {
    await store.open('a', sampleRollout())
    await store.report('a', reportOf('one'))
    assert.equal((await other.report('a', reportOf('two', 0))).leader, 'one')
    assert.equal((await store.report('a', reportOf('one', 0))).leader, undefined)
    assert.equal((await other.report('a', reportOf('two'))).leader, 'two')
  })

  test('is kept over a change of the epoch, and renewed by a report of another one', async ({ store, other, advance }) => {
    const { revision } = await store.open('a', sampleRollout())
    await store.report('a', reportOf('one'))
    assert.equal((await store.update('a', revision, sampleRollout({ epoch: 3 }), 'one'))?.leader, 'one')
    await advance(leaseMs / 2)
    await store.report('a', reportOf('one'))
    await advance(leaseMs / 2 + 100)
    assert.equal((await other.report('a', reportOf('two'))).leader, 'one')
  })

  test('is asked for by an update of its holder, and not by one by hand', async ({ store, other, advance }) => {
    const { revision } = await store.open('a', sampleRollout())
    const next = sampleRollout({ epoch: 3 })
    assert.equal(await store.update('a', revision, next, 'one'), undefined)
    await store.report('a', reportOf('one'))
    assert.equal(await other.update('a', revision, next, 'two'), undefined)
    const updated = await store.update('a', revision, next, 'one')
    assert.equal(updated?.rollout.epoch, 3)
    await advance(leaseMs + 100)
    assert.equal(await store.update('a', updated.revision, sampleRollout({ epoch: 4 }), 'one'), undefined)
    assert.equal((await other.update('a', updated.revision, sampleRollout({ epoch: 4 })))?.rollout.epoch, 4)
  })

  test('is one for each rollout', async ({ store }) => {
    for (const id of ['a', 'b']) await store.open(id, sampleRollout())
    await store.report('a', reportOf('one'))
    assert.equal((await store.report('b', reportOf('two'))).leader, 'two')
  })
}
