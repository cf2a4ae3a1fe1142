import { FakeClock } from '@hazeljs/core/testing'
import { Bulkhead, BulkheadError, CircuitBreaker, Timeout } from '@hazeljs/resilience'
import * as cockatiel from 'cockatiel'
import Opossum from 'opossum'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { held, never, runCall, standOf, succeed } from './calls.js'
import { stopMachineTime } from './machine-time.js'

// What docs/comparison.md says of timeouts and bulkheads, shown by running it.

stopMachineTime()
afterEach(() => {
  vi.unstubAllGlobals()
})

describe('a call that is out of time', () => {
  it('is rejected and its signal aborted here', async () => {
    const clock = new FakeClock()
    let signal: AbortSignal | undefined
    const outcome = new Timeout('1s', clock).execute((context) => {
      signal = context.signal
      return never()
    })
    outcome.catch(() => undefined)
    await clock.advance(1_000)
    expect(await standOf(outcome)).toBe('rejected')
    expect(signal?.aborted).toBe(true)
  })

  it('is rejected by cockatiel’s aggressive strategy, and waited for by the cooperative one; both abort the signal', async () => {
    const signals: AbortSignal[] = []
    const outcomes = [cockatiel.TimeoutStrategy.Aggressive, cockatiel.TimeoutStrategy.Cooperative].map((strategy) =>
      cockatiel.timeout(1_000, strategy).execute(({ signal }) => {
        signals.push(signal)
        return never()
      }),
    )
    for (const outcome of outcomes) outcome.catch(() => undefined)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await Promise.all(outcomes.map(standOf))).toEqual(['rejected', 'pending'])
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
  })

  it('is rejected by opossum, and learns of it only by a controller that all calls of the circuit share (its #780, #861)', async () => {
    const abortController = new AbortController()
    const breaker = new Opossum(runCall, { timeout: 1_000, errorThresholdPercentage: 100, abortController })
    const slow = breaker.fire(never)
    slow.catch(() => undefined)
    await vi.advanceTimersByTimeAsync(500)
    const other = held()
    const otherCall = breaker.fire(other.call)
    await vi.advanceTimersByTimeAsync(500)
    expect(await standOf(slow)).toBe('rejected')
    expect(await standOf(otherCall)).toBe('pending')
    expect(abortController.signal.aborted).toBe(true)
    other.succeed()
    await otherCall
    expect(breaker.closed).toBe(true)
    expect(abortController.signal.aborted).toBe(true)
  })
})

it('a signal that the call does not read is not made here; cockatiel makes one a call', async () => {
  let made = 0
  class Counted extends AbortController {
    constructor() {
      super()
      made++
    }
  }
  vi.stubGlobal('AbortController', Counted)
  const ours = new Timeout('1s', new FakeClock())
  for (let call = 0; call < 10; call++) await ours.execute(succeed)
  expect(made).toBe(0)
  const theirs = cockatiel.timeout(1_000, cockatiel.TimeoutStrategy.Cooperative)
  for (let call = 0; call < 10; call++) await theirs.execute(succeed)
  expect(made).toBe(10)
})

describe('a caller who leaves the queue of a bulkhead', () => {
  it('gives its place to another at once here', async () => {
    const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 1 }, new FakeClock())
    const caller = new AbortController()
    void bulkhead.execute(never)
    const left = bulkhead.execute(succeed, { signal: caller.signal })
    left.catch(() => undefined)
    caller.abort('gone')
    expect(await standOf(left)).toBe('rejected')
    expect(await standOf(bulkhead.execute(succeed))).toBe('pending')
  })

  it('keeps it in cockatiel until its turn comes', async () => {
    const bulkhead = cockatiel.bulkhead(1, 1)
    const caller = new AbortController()
    void bulkhead.execute(never)
    const left = bulkhead.execute(succeed, caller.signal)
    caller.abort('gone')
    expect(await standOf(left)).toBe('pending')
    await expect(bulkhead.execute(succeed)).rejects.toBeInstanceOf(cockatiel.BulkheadRejectedError)
  })
})

describe('a call for which a bulkhead inside the breaker has no place', () => {
  it('is no failure here', async () => {
    const breaker = new CircuitBreaker({ failureThreshold: 1 })
    const bulkhead = new Bulkhead({ maxConcurrent: 1 })
    void bulkhead.execute(never)
    await expect(breaker.execute((context) => bulkhead.execute(succeed, context))).rejects.toBeInstanceOf(BulkheadError)
    expect(breaker.isClosed()).toBe(true)
  })

  it('opens a circuit of cockatiel that handles all errors', async () => {
    const policy = { halfOpenAfter: 1_000, breaker: new cockatiel.ConsecutiveBreaker(1) }
    const breaker = cockatiel.circuitBreaker(cockatiel.handleAll, policy)
    const bulkhead = cockatiel.bulkhead(1)
    void bulkhead.execute(never)
    await expect(cockatiel.wrap(breaker, bulkhead).execute(succeed)).rejects.toBeInstanceOf(cockatiel.BulkheadRejectedError)
    expect(breaker.state).toBe(cockatiel.CircuitState.Open)
  })

  it('opens a circuit of opossum, whose capacity is its bulkhead, and which has no queue', async () => {
    const breaker = new Opossum(runCall, { capacity: 1 })
    void breaker.fire(never).catch(() => undefined)
    for (let call = 0; call < 2; call++) await expect(breaker.fire(succeed)).rejects.toMatchObject({ code: 'ESEMLOCKED' })
    expect(breaker.opened).toBe(true)
  })
})
