import { FakeClock } from '@hazeljs/core/testing'
import { expect, it, vi } from 'vitest'
import { type CallContext, rootContext } from '../policy.js'
import { RetryPolicy } from '../retry/retry-policy.js'
import { Hedge } from './hedge.js'

const steady = { backoff: 'fixed', baseDelay: 10, jitter: 'none' } as const

/** A hedge after 100 ms within a retry, and each copy as a test moves it. */
function setUp(options: { readonly retries?: number; readonly maxHedges?: number } = {}) {
  const clock = new FakeClock()
  const hedge = new Hedge({ delay: 100, maxHedges: options.maxHedges }, clock)
  const retry = new RetryPolicy({ ...steady, maxAttempts: options.retries ?? 1 }, clock)
  const contexts: CallContext[] = []
  const settle: { resolve: (value: string) => void; reject: (failure: unknown) => void }[] = []
  const call = (context: CallContext) => {
    contexts.push(context)
    return new Promise<string>((resolve, reject) => void settle.push({ resolve, reject }))
  }
  const outcome = retry.execute((context) => hedge.execute(call, context)).catch((error: unknown) => error)
  const copy = (number: number) => ({ ...settle[number]!, context: contexts[number]! })
  return { clock, hedge, outcome, copy, made: contexts }
}

const [one, other] = [new Error('one'), new Error('other')]

it('is granted while another copy runs, for then the failure is thrown away', async () => {
  const { clock, outcome, copy } = setUp({ retries: 0 })
  await clock.advance(100)
  expect([copy(0).context.claimRetry(one), copy(0).context.claimRetry(one)]).toEqual([true, true])
  copy(0).reject(one)
  copy(1).resolve('fine')
  expect(await outcome).toBe('fine')
})

it("of the last copy that can still succeed is the retry's to grant, though the other has not settled yet", async () => {
  const { clock, outcome, copy, made } = setUp()
  await clock.advance(100)
  expect(copy(0).context.claimRetry(one)).toBe(true)
  expect(copy(1).context.claimRetry(other)).toBe(true) // promises that the hedge fails with it
  copy(1).reject(other)
  await clock.advance(10)
  expect(made).toHaveLength(3)
  expect(copy(0).context.aborted).toBe(true)
  copy(0).reject(one)
  copy(2).resolve('fine')
  expect(await outcome).toBe('fine')
})

it('that the retry denies ends with that failure', async () => {
  const { clock, outcome, copy } = setUp({ retries: 0 })
  await clock.advance(100)
  expect(copy(1).context.claimRetry(other)).toBe(true)
  expect(copy(0).context.claimRetry(one)).toBe(false)
  copy(0).reject(one)
  expect(await outcome).toBe(one)
  copy(1).reject(other)
})

it('of the only copy closes the call: no copy is made after what it was told', async () => {
  const { clock, outcome, copy, made, hedge } = setUp()
  await clock.advance(50)
  expect(copy(0).context.claimRetry(one)).toBe(true)
  await clock.advance(500)
  expect(made).toHaveLength(1)
  expect(hedge.getMetrics()).toMatchObject({ hedges: 0, suppressed: 0 })
  copy(0).reject(one)
  await clock.advance(10)
  copy(1).resolve('fine')
  expect(await outcome).toBe('fine')
})

it('is denied to copies of a call that is over', async () => {
  const { clock, outcome, copy } = setUp()
  await clock.advance(100)
  copy(1).resolve('fine')
  expect(await outcome).toBe('fine')
  expect([copy(0).context.claimRetry(one), copy(1).context.claimRetry(one)]).toEqual([false, false])
})

it('is denied to a copy that has failed already', async () => {
  const { clock, outcome, copy } = setUp()
  await clock.advance(100)
  copy(0).reject(one)
  await clock.advance(0)
  expect(copy(0).context.claimRetry(one)).toBe(false)
  copy(1).resolve('fine')
  expect(await outcome).toBe('fine')
})

it('takes a copy at its result that was granted its claim and succeeds all the same', async () => {
  const { clock, outcome, copy } = setUp()
  await clock.advance(100)
  expect(copy(0).context.claimRetry(one)).toBe(true)
  copy(0).resolve('fine')
  expect(await outcome).toBe('fine')
})

it('is denied where the caller has left, or no retry is around', async () => {
  const clock = new FakeClock()
  const caller = new AbortController()
  const claims: boolean[] = []
  const call = vi.fn(async (context: CallContext) => {
    await clock.sleep(150)
    claims.push(context.claimRetry(one))
    throw one
  })
  const hedge = new Hedge({ delay: 100 }, clock)
  const left = hedge.execute(call, rootContext(caller.signal)).catch((error: unknown) => error)
  await clock.advance(120)
  caller.abort('gone')
  await clock.advance(1_000)
  expect(await left).toBe(one)
  expect(claims).toEqual([false, false])

  claims.length = 0
  const alone = hedge.execute(call).catch((error: unknown) => error)
  await clock.advance(1_000)
  expect(await alone).toBe(one)
  expect(claims).toEqual([true, false])
})
