import { FakeClock, ScriptedRandom } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { CircuitBreaker } from './circuit-breaker.js'
import type { CircuitBreakerOptions } from './options.js'

const fail = () => Promise.reject(new Error('down'))
const succeed = () => Promise.resolve('fine')

/** A call that settles when told to. */
function held() {
  let settle: { resolve: (value: string) => void; reject: (error: Error) => void } | undefined
  const promise = new Promise<string>((resolve, reject) => (settle = { resolve, reject }))
  return { call: () => promise, succeed: () => settle?.resolve('fine'), fail: (error = new Error('down')) => settle?.reject(error) }
}

/** Open, with the reset time just over. */
async function readyToProbe(options: CircuitBreakerOptions) {
  const clock = new FakeClock()
  const breaker = new CircuitBreaker({ failureThreshold: 1, resetTimeout: 1_000, ...options }, clock)
  await breaker.execute(fail).catch(() => undefined)
  clock.jump(1_000)
  return { clock, breaker }
}

it('stays open for the whole reset time, then lets calls probe', async () => {
  const clock = new FakeClock()
  const breaker = new CircuitBreaker({ failureThreshold: 1, successThreshold: 2, resetTimeout: 1_000 }, clock)
  await breaker.execute(fail).catch(() => undefined)
  clock.jump(999)
  expect(breaker.getTimeUntilNextAttempt()).toBe(1)
  await expect(breaker.execute(succeed)).rejects.toMatchObject({ retryAfterMs: 1 })
  clock.jump(1)
  expect(breaker.getTimeUntilNextAttempt()).toBe(0)
  expect(breaker.isOpen()).toBe(true) // nothing moves without a call
  await breaker.execute(succeed)
  expect(breaker.isHalfOpen()).toBe(true)
  expect(breaker.getSuccessCount()).toBe(1)
  await breaker.execute(succeed)
  expect(breaker.isClosed()).toBe(true)
  expect(breaker.getFailureCount()).toBe(0)
})

it('admits only the permitted of 200 calls at once', async () => {
  const { breaker } = await readyToProbe({ successThreshold: 3 })
  const probe = held()
  const call = vi.fn(probe.call)
  const outcomes = Array.from({ length: 200 }, () =>
    breaker.execute(call).then(
      () => 'ran',
      () => 'rejected',
    ),
  )
  probe.succeed()
  const settled = await Promise.all(outcomes)
  expect(call).toHaveBeenCalledTimes(3)
  expect(settled.filter((outcome) => outcome === 'ran')).toHaveLength(3)
  expect(breaker.isClosed()).toBe(true)
})

it('opens again as soon as successThreshold is out of reach', async () => {
  const { breaker } = await readyToProbe({ successThreshold: 3, halfOpenCalls: 5 })
  for (const call of [fail, succeed, fail]) await breaker.execute(call).catch(() => undefined)
  expect(breaker.isHalfOpen()).toBe(true)
  await breaker.execute(fail).catch(() => undefined)
  expect(breaker.isOpen()).toBe(true)
})

it('takes a slow success for a bad probe where slow calls can open it', async () => {
  const { clock, breaker } = await readyToProbe({ slowCallRateThreshold: 50, slowCallDuration: 100 })
  await breaker.execute(() => clock.jump(101))
  expect(breaker.isOpen()).toBe(true)
})

describe('generations', () => {
  it('ignores a success from before the circuit opened (opossum closes on it)', async () => {
    const clock = new FakeClock()
    const breaker = new CircuitBreaker({ failureThreshold: 1, successThreshold: 1, resetTimeout: 1_000 }, clock)
    const old = held()
    const oldCall = breaker.execute(old.call)
    await breaker.execute(fail).catch(() => undefined)
    clock.jump(1_000)
    const probe = held()
    const probeCall = breaker.execute(probe.call)
    old.succeed()
    await oldCall
    expect(breaker.isHalfOpen()).toBe(true)
    probe.succeed()
    await probeCall
    expect(breaker.isClosed()).toBe(true)
  })

  it('ignores a failure from before the circuit opened', async () => {
    const clock = new FakeClock()
    const breaker = new CircuitBreaker({ failureThreshold: 1, successThreshold: 1, resetTimeout: 1_000 }, clock)
    const old = held()
    const oldCall = breaker.execute(old.call)
    await breaker.execute(fail).catch(() => undefined)
    clock.jump(1_000)
    await breaker.execute(succeed)
    old.fail()
    await expect(oldCall).rejects.toThrow('down')
    expect(breaker.isClosed()).toBe(true)
    expect(breaker.getFailureCount()).toBe(0)
  })

  it('ignores outcomes of calls that were under way at a reset', async () => {
    const breaker = new CircuitBreaker({ failureThreshold: 1 })
    const old = held()
    const oldCall = breaker.execute(old.call)
    breaker.reset()
    old.fail()
    await expect(oldCall).rejects.toThrow('down')
    expect(breaker.isClosed()).toBe(true)
  })
})

describe('permits', () => {
  it('come back from ignored calls, so that they cannot leak (resilience4j issue 903)', async () => {
    const { breaker } = await readyToProbe({ successThreshold: 1, failurePredicate: (error) => error.message === 'down' })
    for (let probe = 0; probe < 5; probe++)
      await expect(breaker.execute(() => Promise.reject(new Error('ignored')))).rejects.toThrow('ignored')
    expect(breaker.isHalfOpen()).toBe(true)
    await breaker.execute(succeed)
    expect(breaker.isClosed()).toBe(true)
  })

  it('of probes that never report are lost for halfOpenMaxWait, and then count as failed', async () => {
    const { clock, breaker } = await readyToProbe({ successThreshold: 1, halfOpenMaxWait: '2s' })
    const lost = held()
    const lostCall = breaker.execute(lost.call)
    clock.jump(500)
    await expect(breaker.execute(succeed)).rejects.toMatchObject({ state: 'HALF_OPEN', retryAfterMs: 1_500 })
    clock.jump(1_500)
    await expect(breaker.execute(succeed)).rejects.toMatchObject({ state: 'OPEN', retryAfterMs: 1_000 })
    clock.jump(1_000)
    await breaker.execute(succeed)
    expect(breaker.isClosed()).toBe(true)
    lost.fail()
    await expect(lostCall).rejects.toThrow('down')
    expect(breaker.getFailureCount()).toBe(0)
  })

  it('wait as long as the circuit was open, and at least for the timeout', async () => {
    const { clock, breaker } = await readyToProbe({ successThreshold: 1, timeout: '30s' })
    const probe = held()
    const call = breaker.execute(probe.call)
    clock.jump(1_000)
    await expect(breaker.execute(succeed)).rejects.toMatchObject({ state: 'HALF_OPEN', retryAfterMs: 29_000 })
    probe.succeed()
    await call
    expect(breaker.isClosed()).toBe(true)
  })
})

describe('the reset time', () => {
  const openTimes = async (options: CircuitBreakerOptions, openings: number, random: readonly number[]) => {
    const clock = new FakeClock()
    const breaker = new CircuitBreaker({ failureThreshold: 1, ...options }, clock, new ScriptedRandom(...random))
    const times: number[] = []
    for (let opening = 0; opening < openings; opening++) {
      await breaker.execute(fail).catch(() => undefined)
      times.push(breaker.getTimeUntilNextAttempt())
      clock.jump(breaker.getTimeUntilNextAttempt())
    }
    return times
  }

  it('doubles with each opening in a row up to 60 s, by default', async () => {
    expect(await openTimes({}, 6, Array(6).fill(0.5) as number[])).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
  })

  it('strays by a fifth both ways', async () => {
    expect(await openTimes({}, 2, [0, 0.75])).toEqual([4_000, 11_000])
  })

  it('stays as it is where resetTimeout alone is given', async () => {
    expect(await openTimes({ resetTimeout: 300 }, 3, [])).toEqual([300, 300, 300])
  })

  it('grows as resetBackoff says', async () => {
    expect(await openTimes({ resetTimeout: 100, resetBackoff: { factor: 3, max: 500, jitter: 0 } }, 3, [0, 0, 0])).toEqual([100, 300, 500])
  })

  it('begins anew once the circuit has closed', async () => {
    const clock = new FakeClock()
    const breaker = new CircuitBreaker({ failureThreshold: 1, successThreshold: 1, resetTimeout: 100, resetBackoff: { jitter: 0 } }, clock)
    for (const call of [fail, fail, succeed, fail]) {
      clock.jump(breaker.getTimeUntilNextAttempt())
      await breaker.execute(call).catch(() => undefined)
    }
    expect(breaker.getTimeUntilNextAttempt()).toBe(100)
  })

  it('is at least what the target asked for with the last failure, up to a minute', async () => {
    const clock = new FakeClock()
    const busy = (retryAfterMs: number) => () => Promise.reject(Object.assign(new Error('busy'), { retryAfterMs }))
    const breaker = new CircuitBreaker({ failureThreshold: 1, resetTimeout: 1_000 }, clock)
    for (const [asked, open] of [
      [30_000, 30_000],
      [10, 1_000],
      [3_600_000, 60_000],
      [Number.NaN, 1_000],
    ] as const) {
      await breaker.execute(busy(asked)).catch(() => undefined)
      expect(breaker.getTimeUntilNextAttempt()).toBe(open)
      clock.jump(open)
    }
  })
})
