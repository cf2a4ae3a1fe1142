import { FakeClock } from '@hazeljs/core/testing'
import { CircuitBreaker, type CircuitBreakerOptions } from '@hazeljs/resilience'
import * as cockatiel from 'cockatiel'
import Opossum from 'opossum'
import { describe, expect, it, vi } from 'vitest'
import { down, fail, held, never, runCall, standOf, succeed } from './calls.js'
import { stopMachineTime } from './machine-time.js'

// What docs/comparison.md says of HALF_OPEN, shown by running it.

const hourMs = 3_600_000
const notFound = new Error('not found')

stopMachineTime()

/** Circuits that opened with a call under way from before, and whose reset time of a second is over: the next call is a probe. */
async function ours(options: CircuitBreakerOptions = {}) {
  const clock = new FakeClock()
  const breaker = new CircuitBreaker({ failureThreshold: 1, successThreshold: 1, resetTimeout: 1_000, ...options }, clock)
  const early = held()
  const earlyCall = breaker.execute(early.call)
  await expect(breaker.execute(fail)).rejects.toBe(down)
  clock.jump(1_000)
  return { clock, breaker, early, earlyCall }
}

async function cockatiels(policy = cockatiel.handleAll) {
  const breaker = cockatiel.circuitBreaker(policy, { halfOpenAfter: 1_000, breaker: new cockatiel.ConsecutiveBreaker(1) })
  const early = held()
  const earlyCall = breaker.execute(early.call)
  await expect(breaker.execute(fail)).rejects.toBe(down)
  vi.advanceTimersByTime(1_000)
  return { breaker, early, earlyCall }
}

async function opossums(options: Opossum.Options = {}) {
  const breaker = new Opossum(runCall, { errorThresholdPercentage: 1, resetTimeout: 1_000, timeout: false, ...options })
  const early = held()
  const earlyCall = breaker.fire(early.call)
  await expect(breaker.fire(fail)).rejects.toBe(down)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(breaker.halfOpen).toBe(true)
  return { breaker, early, earlyCall }
}

/** How many of three calls at once ran, and how they stand while the probes are under way. */
async function threeAtOnce(execute: (call: () => Promise<string>) => Promise<unknown>) {
  let ran = 0
  const stands = Array.from({ length: 3 }, () =>
    standOf(
      execute(() => {
        ran++
        return never()
      }),
    ),
  )
  const settled = await Promise.all(stands)
  return { ran, waiting: settled.filter((stand) => stand === 'pending').length - ran }
}

describe('three calls at once', () => {
  it('all probe here, if halfOpenCalls says so; otherwise those beyond are rejected', async () => {
    const three = await ours({ halfOpenCalls: 3 })
    expect(await threeAtOnce((call) => three.breaker.execute(call))).toEqual({ ran: 3, waiting: 0 })
    const two = await ours({ halfOpenCalls: 2 })
    expect(await threeAtOnce((call) => two.breaker.execute(call))).toEqual({ ran: 2, waiting: 0 })
  })

  it('are one probe in cockatiel, for which the others wait', async () => {
    const { breaker } = await cockatiels()
    expect(await threeAtOnce((call) => breaker.execute(call))).toEqual({ ran: 1, waiting: 2 })
  })

  it('are one probe in opossum, and the others are rejected', async () => {
    const { breaker } = await opossums()
    expect(await threeAtOnce((call) => breaker.fire(call))).toEqual({ ran: 1, waiting: 0 })
  })
})

describe('a probe that never settles', () => {
  it('is taken for failed after halfOpenMaxWait here, and another follows', async () => {
    const { clock, breaker } = await ours({ halfOpenMaxWait: '3s' })
    void breaker.execute(never)
    clock.jump(3_000)
    await expect(breaker.execute(succeed)).rejects.toMatchObject({ state: 'OPEN' })
    clock.jump(1_000)
    expect(await breaker.execute(succeed)).toBe('fine')
  })

  it('keeps everybody waiting for ever in cockatiel', async () => {
    const { breaker } = await cockatiels()
    void breaker.execute(never)
    const next = breaker.execute(succeed)
    await vi.advanceTimersByTimeAsync(hourMs)
    expect(await standOf(next)).toBe('pending')
  })

  it('keeps a circuit of opossum rejecting for ever where its timeout is off', async () => {
    const { breaker } = await opossums()
    void breaker.fire(never)
    await vi.advanceTimersByTimeAsync(hourMs)
    await expect(breaker.fire(succeed)).rejects.toMatchObject({ code: 'EOPENBREAKER' })
  })
})

describe('a call from before the circuit opened', () => {
  it('changes nothing here, whether it succeeds or fails', async () => {
    for (const end of ['succeed', 'fail'] as const) {
      const { breaker, early, earlyCall } = await ours()
      void breaker.execute(never)
      early[end]()
      await Promise.allSettled([earlyCall])
      expect(breaker.isHalfOpen()).toBe(true)
    }
  })

  it('closes a circuit of opossum with its success, and opens it with its failure', async () => {
    const lucky = await opossums()
    lucky.early.succeed()
    await lucky.earlyCall
    expect(lucky.breaker.closed).toBe(true)
    const unlucky = await opossums()
    unlucky.early.fail()
    await expect(unlucky.earlyCall).rejects.toBe(down)
    expect(unlucky.breaker.opened).toBe(true)
  })

  it('changes nothing in cockatiel with its success, and opens the circuit with its failure', async () => {
    const lucky = await cockatiels()
    void lucky.breaker.execute(never)
    lucky.early.succeed()
    await lucky.earlyCall
    expect(lucky.breaker.state).toBe(cockatiel.CircuitState.HalfOpen)
    const unlucky = await cockatiels()
    void unlucky.breaker.execute(never)
    unlucky.early.fail()
    await expect(unlucky.earlyCall).rejects.toBe(down)
    expect(unlucky.breaker.state).toBe(cockatiel.CircuitState.Open)
  })
})

describe('an error that is no failure', () => {
  it('leaves the decision to the next call here', async () => {
    const { breaker } = await ours({ failurePredicate: (error) => error !== notFound })
    await expect(breaker.execute(() => Promise.reject(notFound))).rejects.toBe(notFound)
    expect(breaker.isHalfOpen()).toBe(true)
  })

  it('closes a circuit of cockatiel', async () => {
    const { breaker } = await cockatiels(cockatiel.handleWhen((error) => error !== notFound))
    await expect(breaker.execute(() => Promise.reject(notFound))).rejects.toBe(notFound)
    expect(breaker.state).toBe(cockatiel.CircuitState.Closed)
  })

  it('closes a circuit of opossum, which counts it as a success', async () => {
    const { breaker } = await opossums({ errorFilter: (error) => error === notFound })
    const successes = breaker.stats.successes
    await expect(breaker.fire(() => Promise.reject(notFound))).rejects.toBe(notFound)
    expect(breaker.closed).toBe(true)
    expect(breaker.stats.successes).toBe(successes + 1)
  })
})
