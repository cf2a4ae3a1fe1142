import assert from 'node:assert/strict'
import type { FakeClock } from '@hazeljs/core/testing'
import type { ContractParts } from './contract-parts.js'
import { assertRejected, codeOf, resolved, settled, stepMs } from './settlement.js'

/** What a call ends with is what `execute` ends with. */
export function outcomeContract({ describe, test, failures, timeoutMs }: ContractParts): void {
  const assertFails = async (clock: FakeClock, execution: Promise<unknown>, failure: unknown) => {
    const outcome = await settled(clock, execution)
    if (failures === 'answered') assert.equal(outcome.status, 'fulfilled')
    else if (failures === 'thrown') assertRejected(outcome, failure)
    else {
      assert.equal(outcome.status, 'rejected')
      assert.ok(outcome.reason instanceof Error)
      assert.equal(outcome.reason.cause, failure)
    }
  }

  describe('what comes out', () => {
    test('the very result of the call, which ran once', async (policy, clock) => {
      const result = {}
      let ran = 0
      const execution = policy.execute(async () => (ran++, result))
      assert.ok(execution instanceof Promise)
      assert.equal(await resolved(clock, execution), result)
      assert.equal(ran, 1)
    })

    for (const [name, value] of Object.entries({ undefined, 'an object': {}, 'a function': () => 'not to be called' }))
      test(`${name}, where the call returned that and no promise`, async (policy, clock) => {
        const execution = policy.execute(() => value)
        assert.equal(await resolved(clock, execution), value)
      })

    test('what a thenable that is no promise resolves with', async (policy, clock) => {
      const thenable: PromiseLike<string> = { then: (resolve) => Promise.resolve('later').then(resolve) }
      const execution = policy.execute(() => thenable)
      assert.equal(await resolved(clock, execution), 'later')
    })

    test('the failure of a call that rejects', async (policy, clock) => {
      const failure = new Error('rejected')
      const execution = policy.execute(() => Promise.reject(failure))
      await assertFails(clock, execution, failure)
    })

    test('the failure of a call that throws, but never out of execute', async (policy, clock) => {
      const failure = new Error('thrown')
      const throwing = () => {
        throw failure
      }
      await assertFails(clock, policy.execute(throwing), failure)
    })

    test('a thrown value that is no error', async (policy, clock) => {
      const thrown: unknown = 'no error'
      const execution = policy.execute(() => Promise.reject(thrown))
      await assertFails(clock, execution, thrown)
    })
  })

  if (timeoutMs !== undefined)
    test('gives up a call that never ends, and tells it why', async (policy, clock) => {
      const reasons: unknown[] = []
      const outcome = await settled(
        clock,
        policy.execute((context) => {
          context.cancellation.onAbort((reason) => reasons.push(reason))
          return new Promise(() => undefined)
        }),
      )
      assert.ok(clock.now() <= timeoutMs + stepMs, `It took ${clock.now()} ms`)
      assert.ok(reasons.length > 0 && reasons.every((reason) => codeOf(reason) === 'TIMEOUT'))
      if (failures === 'answered') assert.equal(outcome.status, 'fulfilled')
      else assert.equal(codeOf(outcome.status === 'rejected' ? outcome.reason : undefined), 'TIMEOUT')
      // A policy inside may wait out its own, shorter time for a call that does not listen.
      await clock.advance(timeoutMs)
      assert.equal(clock.pendingTimers, 0)
    })
}
