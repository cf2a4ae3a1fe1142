import { FakeClock } from '@hazeljs/core/testing'
import { CircuitBreaker, compose, FallbackPolicy, MetricsCollector, RetryPolicy } from '@hazeljs/resilience'
import * as cockatiel from 'cockatiel'
import Opossum from 'opossum'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { down, fail, succeed } from './calls.js'
import { stopMachineTime } from './machine-time.js'

// What docs/comparison.md says of fallbacks, composition, metrics and decorators, shown by running it.

stopMachineTime()
afterEach(() => {
  vi.restoreAllMocks()
})

describe('a fallback', () => {
  it('is told of the error here, and what it resolves with is in the type', async () => {
    const outcome = new FallbackPolicy((error) => `instead of ${error.message}`).execute((): Promise<number> => fail())
    expectTypeOf(outcome).toEqualTypeOf<Promise<number | string>>()
    expect(await outcome).toBe('instead of down')
  })

  it('is told nothing in cockatiel, and what it resolves with is in the type', async () => {
    const handler = vi.fn((...told: unknown[]) => `told ${told.length} things`)
    const outcome = cockatiel.fallback(cockatiel.handleAll, handler).execute((): Promise<number> => fail())
    expectTypeOf(outcome).toEqualTypeOf<Promise<number | string>>()
    expect(await outcome).toBe('told 0 things')
  })

  it('is told of the arguments and the error in opossum, and its result is in no type', async () => {
    const breaker = new Opossum((_id: number): Promise<number> => fail())
    breaker.fallback((id: number, error: Error) => `instead of ${id}: ${error.message}`)
    const outcome = breaker.fire(7)
    expectTypeOf(outcome).toEqualTypeOf<Promise<number>>()
    expect(await outcome).toBe('instead of 7: down')
  })
})

it('a retry inside a retry is warned of here, and not by cockatiel', () => {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  cockatiel.wrap(cockatiel.retry(cockatiel.handleAll, {}), cockatiel.retry(cockatiel.handleAll, {}))
  expect(warning).not.toHaveBeenCalled()
  expect(compose(new RetryPolicy(), new RetryPolicy()).warnings.map(({ code }) => code)).toEqual(['ATTEMPTS_MULTIPLY'])
  expect(warning).toHaveBeenCalledTimes(1)
})

it('cockatiel decorates methods under experimentalDecorators alone', async () => {
  const decorate = cockatiel.usePolicy(cockatiel.noop) as (target: unknown, ...more: unknown[]) => void
  const descriptor = { value: succeed }
  decorate({}, 'method', descriptor)
  expect(await descriptor.value()).toBe('fine')
  expect(() => decorate(succeed, { kind: 'method', name: 'method' })).toThrow(TypeError)
})

describe('how long calls took', () => {
  const slowly = (ms: number) =>
    new Promise<string>((resolve) => {
      setTimeout(() => resolve('fine'), ms)
    })

  it('is in percentiles here', async () => {
    const clock = new FakeClock()
    const metrics = new MetricsCollector('1m', clock)
    const breaker = new CircuitBreaker({ metrics }, clock)
    for (const ms of [10, 20, 30, 40]) {
      await breaker.execute(() => {
        clock.jump(ms)
        return succeed()
      })
    }
    expect(metrics.getSnapshot().p50).toBeCloseTo(20, 0)
  })

  it('is told call by call in cockatiel', async () => {
    const policy = cockatiel.timeout(1_000, cockatiel.TimeoutStrategy.Cooperative)
    const told: number[] = []
    policy.onSuccess(({ duration }) => told.push(Math.round(duration)))
    const outcome = policy.execute(() => slowly(20))
    await vi.advanceTimersByTimeAsync(20)
    await outcome
    expect(told).toEqual([20])
    expect(policy).not.toHaveProperty('stats')
  })

  it('is in percentiles in opossum', async () => {
    const breaker = new Opossum(slowly)
    for (const ms of [10, 20, 30, 40]) {
      const outcome = breaker.fire(ms)
      await vi.advanceTimersByTimeAsync(ms)
      await outcome
    }
    expect(breaker.stats.percentiles[0.5]).toBe(20)
  })
})

it('opossum can answer from a cache, and make one call of several at the same time; ours and cockatiel cannot', async () => {
  const call = vi.fn(succeed)
  const cached = new Opossum(call, { cache: true })
  expect([await cached.fire(), await cached.fire()]).toEqual(['fine', 'fine'])
  expect(call).toHaveBeenCalledTimes(1)

  const other = vi.fn(succeed)
  const coalescing = new Opossum(other, { coalesce: true, coalesceTTL: 100 } as Opossum.Options)
  expect(await Promise.all([coalescing.fire(), coalescing.fire()])).toEqual(['fine', 'fine'])
  expect(other).toHaveBeenCalledTimes(1)
  expect(Object.keys(cockatiel).filter((name) => /cache|coalesce/i.test(name))).toEqual([])
})

it('opossum opens a circuit whose health check fails', async () => {
  const breaker = new Opossum(succeed)
  const failed = new Promise((resolve) => breaker.once('healthCheckFailed', resolve))
  breaker.healthCheck(fail)
  expect(await failed).toBe(down)
  expect(breaker.opened).toBe(true)
})
