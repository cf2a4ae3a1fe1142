import assert from 'node:assert/strict'
import { CancelSource } from '@hazeljs/core'
import type { Call, CallContext, CallOptions } from '../../policy.js'
import { type ContractParts, hangs } from './contract-parts.js'
import { assertRejected, resolved, settled, started } from './settlement.js'

const abortedCalls = 200

/** What a caller says reaches the call. */
export function callerContract({ describe, test }: ContractParts): void {
  describe('what goes in', () => {
    const none: CallOptions = {}
    const undefinedOnly: CallOptions = { signal: undefined, key: undefined, cost: undefined, priority: undefined, idempotent: undefined }
    for (const [name, options] of Object.entries({ undefined, none, undefinedOnly }))
      test(`options that say nothing (${name})`, async (policy, clock) => {
        const execution = policy.execute(({ attempt, aborted }) => `${attempt} ${aborted}`, options)
        assert.equal(await resolved(clock, execution), '1 false')
      })

    test('the options of the caller, as the call sees them', async (policy, clock) => {
      const options = { key: 'tenant', cost: 1, priority: 'high', idempotent: false, args: [1] } as const
      const execution = policy.execute((context) => ({ ...context.options }), options)
      assert.deepEqual(await resolved(clock, execution), options)
    })

    test('the options and the deadline of the policies around it', async (policy, clock) => {
      const seen: CallContext[] = []
      const look: Call<void> = (context) => void seen.push(context)
      const execution = policy.execute(
        (outer) => policy.execute(look, outer.underDeadline(new CancelSource(outer.cancellation), clock, clock.now() + 50_000)),
        { key: 'tenant' },
      )
      await resolved(clock, execution)
      const [{ attempt, options, remainingMs }] = seen as [CallContext]
      assert.deepEqual({ attempt, key: options.key }, { attempt: 1, key: 'tenant' })
      assert.ok(remainingMs > 0 && remainingMs <= 50_000, `${remainingMs} ms are left of 50,000`)
    })
  })

  describe('a caller who gives up', () => {
    test('beforehand: the call does not run', async (policy, clock) => {
      const reason = new Error('gone')
      let ran = false
      const execution = policy.execute(() => (ran = true), { signal: AbortSignal.abort(reason) })
      assertRejected(await settled(clock, execution), reason)
      assert.equal(ran, false)
    })

    test('while the call runs: its context is aborted, and its end is the end', async (policy, clock) => {
      const caller = new AbortController()
      const reason = new Error('gone')
      const seen: CallContext[] = []
      const call = (context: CallContext) => {
        seen.push(context)
        assert.equal(context.signal.aborted, false)
        return hangs(context)
      }
      const execution = started(policy.execute(call, { signal: caller.signal }))
      await clock.advance(0)
      caller.abort(reason)
      assertRejected(await settled(clock, execution), reason)
      assert.ok(seen.length > 0 && seen.every(({ aborted, signal }) => aborted && signal.reason === reason))
    })

    test(`${abortedCalls} times: no place is lost`, async (policy, clock) => {
      for (let number = 0; number < abortedCalls; number++) {
        const caller = new AbortController()
        const execution = started(policy.execute(hangs, { signal: caller.signal }))
        await clock.advance(0)
        caller.abort('gone')
        assertRejected(await settled(clock, execution), 'gone')
      }
      const fine = policy.execute(() => 'fine')
      assert.equal(await resolved(clock, fine), 'fine')
    })
  })
}
