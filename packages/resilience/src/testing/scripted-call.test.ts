import { ConfigError, systemClock } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { RetryExhaustedError, TimeoutError } from '../errors.js'
import { rootContext } from '../policy.js'
import { RetryPolicy } from '../retry/retry-policy.js'
import { Timeout } from '../timeout/timeout.js'
import { fail, hang, ok, scriptedCall } from './scripted-call.js'

const down = new Error('down')

describe('a script', () => {
  it('plays its steps in order, and each in its time', async () => {
    const clock = new FakeClock()
    const { call, calls } = scriptedCall(clock, [ok(), fail(down).after(5), ok({ value: 1 }).after('10ms')])
    const outcomes = Promise.allSettled([call(rootContext()), call(rootContext()), call(rootContext())])
    await clock.advance(20)
    expect(await outcomes).toEqual([
      { status: 'fulfilled', value: undefined },
      { status: 'rejected', reason: down },
      { status: 'fulfilled', value: { value: 1 } },
    ])
    expect(calls).toEqual([
      { attempt: 1, startedAtMs: 0, endedAtMs: 0, outcome: 'succeeded', reason: undefined },
      { attempt: 1, startedAtMs: 0, endedAtMs: 5, outcome: 'failed', reason: undefined },
      { attempt: 1, startedAtMs: 0, endedAtMs: 10, outcome: 'succeeded', reason: undefined },
    ])
  })

  it('knows the results that it may give', () => {
    const { call } = scriptedCall(systemClock, [ok(1).after(3), fail(), hang(), ok('two')])
    expectTypeOf(call(rootContext())).resolves.toEqualTypeOf<number | string>()
    expectTypeOf(scriptedCall(systemClock, [ok()]).call(rootContext())).resolves.toEqualTypeOf<undefined>()
  })

  it('hangs until it is called off, and remembers why', async () => {
    const clock = new FakeClock()
    const { call, calls } = scriptedCall(clock, [hang()])
    const outcome = expect(new Timeout(100, clock).execute(call)).rejects.toBeInstanceOf(TimeoutError)
    await clock.advance(99)
    expect(calls).toMatchObject([{ outcome: 'running', endedAtMs: undefined }])
    await clock.advance(1)
    await outcome
    expect(calls).toMatchObject([{ outcome: 'aborted', endedAtMs: 100, reason: { code: 'TIMEOUT' } }])
  })

  it('ends a pause the moment its caller gives up, and leaves no timer', async () => {
    const clock = new FakeClock()
    const caller = new AbortController()
    const { call, calls } = scriptedCall(clock, [ok().after('1h'), ok()])
    const outcome = expect(call(rootContext(caller.signal))).rejects.toBe('gone')
    await clock.advance(30)
    caller.abort('gone')
    await outcome
    await expect(call(rootContext(caller.signal))).rejects.toBe('gone')
    expect(calls).toMatchObject([
      { outcome: 'aborted', endedAtMs: 30, reason: 'gone' },
      { outcome: 'aborted', startedAtMs: 30, endedAtMs: 30, reason: 'gone' },
    ])
    expect(clock.pendingTimers).toBe(0)
  })

  it('plays on the clock of the machine as well', async () => {
    const { call, calls } = scriptedCall(systemClock, [ok('late').after(2)])
    expect(await call(rootContext())).toBe('late')
    const [{ startedAtMs, endedAtMs = 0 }] = calls as [(typeof calls)[0]]
    expect(endedAtMs - startedAtMs).toBeGreaterThanOrEqual(2)
  })

  it('writes down the attempts of a retry', async () => {
    const clock = new FakeClock()
    const { call, calls } = scriptedCall(clock, [fail(down), fail(down), ok('fine')])
    const outcome = new RetryPolicy({ backoff: 'fixed', baseDelay: 50, jitter: false }, clock).execute(call)
    await clock.advance(100)
    expect(await outcome).toBe('fine')
    expect(calls.map(({ attempt, startedAtMs }) => [attempt, startedAtMs])).toEqual([
      [1, 0],
      [2, 50],
      [3, 100],
    ])
  })
})

describe('a script that is used up', () => {
  it('fails loudly, and no retry hides it', async () => {
    const clock = new FakeClock()
    const { call, calls } = scriptedCall(clock, [fail(down)])
    const outcome = expect(new RetryPolicy({}, clock).execute(call)).rejects.toThrow(RangeError)
    await clock.advance(1_000)
    await outcome
    expect(calls.map(({ outcome }) => outcome)).toEqual(['failed', 'unscripted'])
  })

  it('repeats its last step where that is wanted', async () => {
    const clock = new FakeClock()
    const { call, calls } = scriptedCall(clock, [ok(), fail(down)], { whenUsedUp: 'repeat-last' })
    await call(rootContext())
    const outcome = expect(new RetryPolicy({ maxAttempts: 4 }, clock).execute(call)).rejects.toBeInstanceOf(RetryExhaustedError)
    await clock.advance(10_000)
    await outcome
    expect(calls).toHaveLength(6)
  })
})

it('refuses what it cannot play', () => {
  expect(() => scriptedCall(systemClock, [], { whenUsedUp: 'again' as 'fail' })).toThrow(ConfigError)
  expect(() => scriptedCall(systemClock, [])).toThrow('script: expected at least one step')
  expect(() => ok().after(Number.NaN)).toThrow(ConfigError)
  expect(() => fail().after('soon')).toThrow(ConfigError)
})
