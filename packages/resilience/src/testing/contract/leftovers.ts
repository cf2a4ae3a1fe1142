import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import type { Call, CallContext } from '../../policy.js'
import { latency } from '../latency.js'
import { type ContractParts, hangs } from './contract-parts.js'
import { resolved, settled, started } from './settlement.js'

const concurrentCalls = 100

/** Calls leave nothing behind and do not meet each other. */
export function leftoverContract({ describe, test }: ContractParts): void {
  describe('what is left behind', () => {
    const ends: Record<string, Call<unknown>> = {
      succeeded: (context) => context.signal.aborted,
      'succeeded later': (context) => Promise.resolve(context.signal.aborted),
      failed: ({ signal }) => Promise.reject(new Error(`failed, ${signal.aborted}`)),
      threw: ({ signal }) => {
        throw new Error(`thrown, ${signal.aborted}`)
      },
    }
    for (const [name, call] of Object.entries(ends))
      test(`no timer and no listener by a call that ${name}`, async (policy, clock) => {
        const { signal } = new AbortController()
        await settled(clock, policy.execute(call, { signal }))
        await settled(clock, policy.execute(call, { signal }))
        assert.equal(clock.pendingTimers, 0)
        assert.deepEqual(getEventListeners(signal, 'abort'), [])
      })

    test('no timer and no listener by a call that was called off', async (policy, clock) => {
      const caller = new AbortController()
      const execution = started(policy.execute(hangs, { signal: caller.signal }))
      await clock.advance(0)
      caller.abort()
      await settled(clock, execution)
      assert.equal(clock.pendingTimers, 0)
      assert.deepEqual(getEventListeners(caller.signal, 'abort'), [])
    })
  })

  test(`${concurrentCalls} calls at once do not mix`, async (policy, clock) => {
    const executions = Array.from({ length: concurrentCalls }, (_, number) => {
      const call = async (context: CallContext) => {
        await latency(clock, (number * 37) % concurrentCalls, context.cancellation)
        return `${number} of ${context.options.args?.join()}`
      }
      return policy.execute(call, { args: [number] })
    })
    const results = (await resolved(clock, Promise.all(executions))) as string[]
    results.forEach((result, number) => assert.equal(result, `${number} of ${number}`))
    assert.equal(clock.pendingTimers, 0)
  })
}
