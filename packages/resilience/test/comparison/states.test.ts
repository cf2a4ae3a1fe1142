import { FakeClock } from '@hazeljs/core/testing'
import { CircuitBreaker } from '@hazeljs/resilience'
import * as cockatiel from 'cockatiel'
import Opossum from 'opossum'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { down, fail, runCall, succeed } from './calls.js'
import { stopMachineTime } from './machine-time.js'

// What docs/comparison.md says of opening, states and observers, shown by running it.

stopMachineTime()
afterEach(() => {
  vi.restoreAllMocks()
})

const oneFailure = () => new cockatiel.ConsecutiveBreaker(1)

describe('the second opening in a row', () => {
  it('lasts longer here with resetBackoff', async () => {
    const clock = new FakeClock()
    const breaker = new CircuitBreaker({ failureThreshold: 1, resetTimeout: 1_000, resetBackoff: { factor: 2, jitter: 0 } }, clock)
    await expect(breaker.execute(fail)).rejects.toBe(down)
    clock.jump(1_000)
    await expect(breaker.execute(fail)).rejects.toBe(down)
    expect(breaker.getTimeUntilNextAttempt()).toBe(2_000)
  })

  it('lasts longer in cockatiel with a backoff for halfOpenAfter', async () => {
    const halfOpenAfter = new cockatiel.ExponentialBackoff({ initialDelay: 1_000, generator: cockatiel.noJitterGenerator })
    const breaker = cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter, breaker: oneFailure() })
    await expect(breaker.execute(fail)).rejects.toBe(down)
    vi.advanceTimersByTime(1_000)
    await expect(breaker.execute(fail)).rejects.toBe(down)
    vi.advanceTimersByTime(1_999)
    await expect(breaker.execute(succeed)).rejects.toBeInstanceOf(cockatiel.BrokenCircuitError)
    vi.advanceTimersByTime(1)
    expect(await breaker.execute(succeed)).toBe('fine')
  })

  it('lasts as long as the first in opossum', async () => {
    const breaker = new Opossum(runCall, { resetTimeout: 1_000 })
    for (let opening = 0; opening < 3; opening++) {
      await expect(breaker.fire(fail)).rejects.toBe(down)
      await vi.advanceTimersByTimeAsync(999)
      expect(breaker.opened).toBe(true)
      await vi.advanceTimersByTimeAsync(1)
      expect(breaker.halfOpen).toBe(true)
    }
  })
})

describe('a target that asks for a minute', () => {
  const busy = Object.assign(new Error('busy'), { retryAfterMs: 60_000 })

  it('gets it here', async () => {
    const breaker = new CircuitBreaker({ failureThreshold: 1, resetTimeout: 1_000 }, new FakeClock())
    await expect(breaker.execute(() => Promise.reject(busy))).rejects.toBe(busy)
    expect(breaker.getTimeUntilNextAttempt()).toBe(60_000)
  })

  it('gets it in cockatiel where the user’s backoff reads it', async () => {
    const halfOpenAfter = new cockatiel.DelegateBackoff<cockatiel.IHalfOpenAfterBackoffContext>(({ result }) =>
      'error' in result && 'retryAfterMs' in result.error ? Number(result.error.retryAfterMs) : 1_000,
    )
    const breaker = cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter, breaker: oneFailure() })
    await expect(breaker.execute(() => Promise.reject(busy))).rejects.toBe(busy)
    vi.advanceTimersByTime(59_999)
    await expect(breaker.execute(succeed)).rejects.toBeInstanceOf(cockatiel.BrokenCircuitError)
    vi.advanceTimersByTime(1)
    expect(await breaker.execute(succeed)).toBe('fine')
  })
})

describe('a circuit opened by hand', () => {
  it('stays open here until it is closed', () => {
    const clock = new FakeClock()
    const breaker = new CircuitBreaker({}, clock)
    breaker.isolate()
    clock.jump(3_600_000)
    expect(breaker.getState()).toBe('FORCED_OPEN')
  })

  it('stays open in cockatiel until its handle is disposed of', () => {
    const breaker = cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: 1_000, breaker: oneFailure() })
    const handle = breaker.isolate()
    vi.advanceTimersByTime(3_600_000)
    expect(breaker.state).toBe(cockatiel.CircuitState.Isolated)
    handle.dispose()
    expect(breaker.state).toBe(cockatiel.CircuitState.Closed)
  })

  it('tries again after its reset time in opossum', async () => {
    const breaker = new Opossum(runCall, { resetTimeout: 1_000 })
    breaker.open()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(breaker.halfOpen).toBe(true)
  })
})

it('opossum can be disabled, as ours can; cockatiel has no such state', async () => {
  const breaker = new Opossum(runCall)
  breaker.disable()
  await expect(breaker.fire(fail)).rejects.toBe(down)
  expect(breaker.closed).toBe(true)
  expect(Object.keys(cockatiel.CircuitState).filter((name) => Number.isNaN(Number(name)))).toEqual([
    'Closed',
    'Open',
    'HalfOpen',
    'Isolated',
  ])
})

it('an open circuit can be stored and restored in all three', async () => {
  const mine = new CircuitBreaker({ failureThreshold: 1 })
  await expect(mine.execute(fail)).rejects.toBe(down)
  const restored = new CircuitBreaker({ failureThreshold: 1 })
  restored.restore(mine.toJSON())
  expect(restored.isOpen()).toBe(true)

  const theirs = cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: 1_000, breaker: oneFailure() })
  await expect(theirs.execute(fail)).rejects.toBe(down)
  const initialState = JSON.parse(JSON.stringify(theirs)) as unknown
  const again = cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: 1_000, breaker: oneFailure(), initialState })
  expect(again.state).toBe(cockatiel.CircuitState.Open)

  const opossum = new Opossum(runCall)
  await expect(opossum.fire(fail)).rejects.toBe(down)
  expect(new Opossum(runCall, { state: opossum.toJSON().state } as Opossum.Options).opened).toBe(true)
})

describe('a listener that throws', () => {
  const throwing = () => {
    throw new Error('listener')
  }

  it('changes no outcome here', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const breaker = new CircuitBreaker({ failureThreshold: 1, onStateChange: throwing })
    breaker.on('success', throwing)
    expect(await breaker.execute(succeed)).toBe('fine')
    await expect(breaker.execute(fail)).rejects.toBe(down)
    expect(warning).toHaveBeenCalledTimes(2)
  })

  it('is what the caller gets in place of the failure in cockatiel', async () => {
    const breaker = cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: 1_000, breaker: oneFailure() })
    breaker.onStateChange(throwing)
    await expect(breaker.execute(fail)).rejects.toThrow('listener')
  })

  it('makes a failure of a success in opossum', async () => {
    const breaker = new Opossum(runCall)
    breaker.on('success', throwing)
    await expect(breaker.fire(succeed)).rejects.toThrow('listener')
    expect(breaker.stats.failures).toBe(1)
  })
})
