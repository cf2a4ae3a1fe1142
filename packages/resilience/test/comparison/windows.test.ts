import { FakeClock } from '@hazeljs/core/testing'
import { CircuitBreaker } from '@hazeljs/resilience'
import * as cockatiel from 'cockatiel'
import Opossum from 'opossum'
import { describe, expect, it, vi } from 'vitest'
import { down, fail, runCall, succeed } from './calls.js'
import { stopMachineTime } from './machine-time.js'

// What docs/comparison.md says of windows and thresholds, shown by running it.

const hourMs = 3_600_000

stopMachineTime()

describe('failures of an hour ago', () => {
  it('do not count here', async () => {
    const clock = new FakeClock()
    const slidingWindow = { type: 'time', size: '10s' } as const
    const breaker = new CircuitBreaker({ failureRateThreshold: 50, minimumCalls: 10, slidingWindow }, clock)
    for (let call = 0; call < 9; call++) await expect(breaker.execute(fail)).rejects.toBe(down)
    clock.jump(hourMs)
    await expect(breaker.execute(fail)).rejects.toBe(down)
    expect(breaker.isClosed()).toBe(true)
  })

  it('open a sampling breaker of cockatiel', async () => {
    const sampling = new cockatiel.SamplingBreaker({ threshold: 0.5, duration: 10_000, minimumRps: 1 })
    const breaker = cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: 1_000, breaker: sampling })
    for (let call = 0; call < 9; call++) await expect(breaker.execute(fail)).rejects.toBe(down)
    expect(breaker.state).toBe(cockatiel.CircuitState.Closed)
    vi.advanceTimersByTime(hourMs)
    await expect(breaker.execute(fail)).rejects.toBe(down)
    expect(breaker.state).toBe(cockatiel.CircuitState.Open)
  })

  it('do not count in opossum', async () => {
    const breaker = new Opossum(runCall, { volumeThreshold: 10 })
    for (let call = 0; call < 9; call++) await expect(breaker.fire(fail)).rejects.toBe(down)
    await vi.advanceTimersByTimeAsync(hourMs)
    await expect(breaker.fire(fail)).rejects.toBe(down)
    expect(breaker.closed).toBe(true)
  })
})

describe('slow successes', () => {
  it('open a circuit here', async () => {
    const clock = new FakeClock()
    const breaker = new CircuitBreaker({ slowCallRateThreshold: 50, slowCallDuration: '1s', minimumCalls: 10 }, clock)
    for (let call = 0; call < 10; call++) {
      await breaker.execute(() => {
        clock.jump(2_000)
        return succeed()
      })
    }
    expect(breaker.isOpen()).toBe(true)
  })

  it('open none of cockatiel or opossum: they do not know how long a success took', async () => {
    const slowly = () =>
      new Promise<string>((resolve) => {
        setTimeout(() => resolve('fine'), 2_000)
      })
    const counting = new cockatiel.CountBreaker({ threshold: 0.5, size: 10 })
    const ofCockatiel = cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: 1_000, breaker: counting })
    const ofOpossum = new Opossum(runCall, { rollingCountTimeout: 100_000 })
    for (let call = 0; call < 20; call++) {
      const both = Promise.all([ofCockatiel.execute(slowly), ofOpossum.fire(slowly)])
      await vi.advanceTimersByTimeAsync(2_000)
      await both
    }
    expect(ofCockatiel.state).toBe(cockatiel.CircuitState.Closed)
    expect(ofOpossum.closed).toBe(true)
  })
})

describe('with the defaults of each', () => {
  it('20 calls must have been made here before a rate counts', async () => {
    const breaker = new CircuitBreaker()
    for (let call = 0; call < 19; call++) await expect(breaker.execute(fail)).rejects.toBe(down)
    expect(breaker.isClosed()).toBe(true)
    await expect(breaker.execute(fail)).rejects.toBe(down)
    expect(breaker.isOpen()).toBe(true)
  })

  it('as many as the window has places must have been made in cockatiel’s count breaker', async () => {
    const counting = new cockatiel.CountBreaker({ threshold: 0.5, size: 10 })
    const breaker = cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: 1_000, breaker: counting })
    for (let call = 0; call < 9; call++) await expect(breaker.execute(fail)).rejects.toBe(down)
    expect(breaker.state).toBe(cockatiel.CircuitState.Closed)
    await expect(breaker.execute(fail)).rejects.toBe(down)
    expect(breaker.state).toBe(cockatiel.CircuitState.Open)
  })

  it('the first failure opens a circuit of opossum', async () => {
    const breaker = new Opossum(runCall)
    await expect(breaker.fire(fail)).rejects.toBe(down)
    expect(breaker.opened).toBe(true)
  })
})

it('a result can be a failure here and in cockatiel; in opossum none is', async () => {
  const ours = new CircuitBreaker({ failureThreshold: 1, resultPredicate: (result) => result === 'fine' })
  await ours.execute(succeed)
  expect(ours.isOpen()).toBe(true)
  const policy = cockatiel.handleWhenResult((result) => result === 'fine')
  const theirs = cockatiel.circuitBreaker(policy, { halfOpenAfter: 1_000, breaker: new cockatiel.ConsecutiveBreaker(1) })
  await theirs.execute(succeed)
  expect(theirs.state).toBe(cockatiel.CircuitState.Open)
  const opossum = new Opossum(runCall, { errorFilter: () => false })
  await opossum.fire(succeed)
  expect(opossum.stats.failures).toBe(0)
})

it('a circuit at rest has no timer here and in cockatiel, and two in opossum', () => {
  const breaker = new cockatiel.ConsecutiveBreaker(5)
  expect([new CircuitBreaker(), cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: 1_000, breaker })]).toHaveLength(2)
  expect(vi.getTimerCount()).toBe(0)
  expect(new Opossum(runCall).closed).toBe(true)
  expect(vi.getTimerCount()).toBe(2)
})

it('opossum has the defaults that the table gives, and opens above its percentage, not at it', async () => {
  expect(new Opossum(runCall)).toMatchObject({
    options: {
      timeout: 10_000,
      resetTimeout: 30_000,
      errorThresholdPercentage: 50,
      rollingCountTimeout: 10_000,
      capacity: Number.MAX_SAFE_INTEGER,
    },
    volumeThreshold: 0,
  })
  const breaker = new Opossum(runCall)
  await breaker.fire(succeed)
  await expect(breaker.fire(fail)).rejects.toBe(down)
  expect(breaker.closed).toBe(true)
  await expect(breaker.fire(fail)).rejects.toBe(down)
  expect(breaker.opened).toBe(true)
})
