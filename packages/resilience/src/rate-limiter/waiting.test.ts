import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { CircuitBreaker } from '../circuit-breaker/circuit-breaker.js'
import { compose } from '../compose.js'
import { RateLimitError, TimeoutError } from '../errors.js'
import { MetricsCollector } from '../metrics/metrics-collector.js'
import { Timeout } from '../timeout/timeout.js'
import type { RateLimiterOptions } from './options.js'
import { RateLimiter } from './rate-limiter.js'

/** One call every 100 ms, and who waits longer than a second is told to come back. */
function pacedLimiter(options: Partial<RateLimiterOptions> = {}) {
  const clock = new FakeClock()
  return { clock, limiter: new RateLimiter({ max: 1, window: 100, maxWait: '1s', ...options }, clock) }
}

/** Notes when its calls run. */
function notedCalls(clock: FakeClock) {
  const ranAt: (readonly [string, number])[] = []
  return { ranAt, call: (name: string) => () => void ranAt.push([name, clock.now()]) }
}

it('lets calls have their turn in the order in which they came', async () => {
  const { clock, limiter } = pacedLimiter()
  const { call, ranAt } = notedCalls(clock)
  const done = Promise.all(['a', 'b', 'c'].map((name) => limiter.execute(call(name))))
  await clock.advance(200)
  await done
  expect(ranAt).toEqual([
    ['a', 0],
    ['b', 100],
    ['c', 200],
  ])
  expect(clock.pendingTimers).toBe(0)
})

it('rejects at once whose turn would not come in time, and says when it would', async () => {
  const { clock, limiter } = pacedLimiter()
  for (let call = 0; call <= 10; call++) void limiter.execute(() => undefined)
  const rejection: unknown = await limiter.execute(() => undefined).catch((error: unknown) => error)
  expect(rejection).toBeInstanceOf(RateLimitError)
  expect(rejection).toMatchObject({ retryAfterMs: 1_100, callRan: false })
  expect(limiter.getRetryAfterMs()).toBe(1_100)
  await clock.advance(1_100)
  expect(limiter.tryAcquire()).toBe(true)
})

it('rejects at once whose turn comes after the deadline', async () => {
  const { clock, limiter } = pacedLimiter()
  limiter.tryAcquire()
  const outcome = new Timeout(50, clock).execute((context) => limiter.execute(() => undefined, context))
  await expect(outcome).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 100 })
})

describe('while somebody waits', () => {
  it('nobody else takes a turn, however cheap', async () => {
    const { clock, limiter } = pacedLimiter({ max: 10, window: '1s' })
    const { call, ranAt } = notedCalls(clock)
    limiter.tryAcquire({ cost: 8 })
    const dear = limiter.execute(call('dear'), { cost: 5 })
    expect(limiter.tryAcquire()).toBe(false)
    expect(limiter.peek()).toEqual({ limit: 10, remaining: 0, resetMs: 1_300 })
    expect(limiter.getRetryAfterMs()).toBe(400)
    const cheap = limiter.execute(call('cheap'))
    await clock.advance(400)
    await Promise.all([dear, cheap])
    expect(ranAt).toEqual([
      ['dear', 300],
      ['cheap', 400],
    ])
  })

  it('each key has a line, and one timer', async () => {
    const { clock, limiter } = pacedLimiter()
    const { call, ranAt } = notedCalls(clock)
    for (const name of ['a1', 'b1', 'a2', 'a3', 'b2']) void limiter.execute(call(name), { key: name.charAt(0) })
    expect(clock.pendingTimers).toBe(2)
    await clock.advance(200)
    expect(ranAt).toEqual([
      ['a1', 0],
      ['b1', 0],
      ['a2', 100],
      ['b2', 100],
      ['a3', 200],
    ])
    expect(clock.pendingTimers).toBe(0)
  })

  it('and the timer comes late, the turn is had by those in line first', async () => {
    const { clock, limiter } = pacedLimiter()
    const { call, ranAt } = notedCalls(clock)
    limiter.tryAcquire()
    const waiting = limiter.execute(call('waiting'))
    clock.jump(150)
    expect(limiter.tryAcquire()).toBe(false)
    await waiting
    expect(ranAt).toEqual([['waiting', 150]])
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('an abort', () => {
  it('leaves the line at once, and those behind move up', async () => {
    const { clock, limiter } = pacedLimiter({ max: 10, window: '1s' })
    const { call, ranAt } = notedCalls(clock)
    const caller = new AbortController()
    limiter.tryAcquire({ cost: 10 })
    const gone = expect(limiter.execute(call('gone'), { cost: 9, signal: caller.signal })).rejects.toBe('gone')
    const behind = limiter.execute(call('behind'))
    await clock.advance(50)
    caller.abort('gone')
    await gone
    expect(limiter.getRetryAfterMs()).toBe(150)
    await clock.advance(50)
    await behind
    expect(ranAt).toEqual([['behind', 100]])
    expect(clock.pendingTimers).toBe(0)
  })

  it('of the last in line leaves no timer', async () => {
    const { clock, limiter } = pacedLimiter()
    const caller = new AbortController()
    limiter.tryAcquire()
    const gone = expect(limiter.execute(() => undefined, { signal: caller.signal })).rejects.toBe('gone')
    caller.abort('gone')
    await gone
    expect(clock.pendingTimers).toBe(0)
    await clock.advance(100)
    expect(limiter.tryAcquire()).toBe(true)
  })

  it('in a long line shortens what newcomers are told once a sixteenth has left', () => {
    const { limiter } = pacedLimiter({ maxWait: '10s' })
    limiter.tryAcquire()
    const callers = Array.from({ length: 48 }, () => new AbortController())
    for (const { signal } of callers) limiter.execute(() => undefined, { signal }).catch(() => undefined)
    const told = callers.slice(10, 16).map((caller) => {
      caller.abort()
      return limiter.getRetryAfterMs()
    })
    expect(told).toEqual([4_900, 4_900, 4_600, 4_600, 4_600, 4_300])
  })

  it('because time is over is no failure of a target that was not called', async () => {
    const { clock, limiter } = pacedLimiter()
    const breaker = new CircuitBreaker({ failureThreshold: 1 }, clock)
    limiter.tryAcquire()
    const caller = new AbortController()
    const rejected = expect(compose(breaker, limiter).execute(() => undefined, { signal: caller.signal })).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterMs: 60,
      callRan: false,
      cause: new TimeoutError(40),
    })
    await clock.advance(40)
    caller.abort(new TimeoutError(40))
    await rejected
    expect(breaker.getMetrics()).toMatchObject({ state: 'CLOSED', totalCalls: 0 })
  })

  it('between the turn and the call keeps the call from beginning', async () => {
    const { clock, limiter } = pacedLimiter()
    const caller = new AbortController()
    const call = vi.fn()
    limiter.tryAcquire()
    const rejected = expect(limiter.execute(call, { signal: caller.signal })).rejects.toBe('gone')
    clock.jump(100)
    queueMicrotask(() => caller.abort('gone'))
    expect(limiter.tryAcquire()).toBe(false) // gives the turn to who waits
    await rejected
    expect(call).not.toHaveBeenCalled()
  })
})

it('records calls that had their turn, and how long they waited', async () => {
  const clock = new FakeClock()
  const metrics = new MetricsCollector(60_000, clock)
  const limiter = new RateLimiter({ max: 1, window: 100, maxWait: 100, metrics }, clock)
  const outcomes = [1, 2, 3].map((call) => limiter.execute(() => call))
  await expect(outcomes[2]).rejects.toBeInstanceOf(RateLimitError)
  await clock.advance(100)
  expect(await Promise.all(outcomes.slice(0, 2))).toEqual([1, 2])
  expect(metrics.getSnapshot()).toMatchObject({ totalCalls: 2, failureCalls: 0, max: 100 })
})
