import { ConfigError } from '@hazeljs/core'
import { FakeClock, ScriptedRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { CircuitBreaker } from './circuit-breaker.js'
import type { CircuitBreakerOptions } from './options.js'
import type { CircuitBreakerSnapshot, OpenSnapshot } from './snapshot.js'

const fail = () => Promise.reject(new Error('down'))
const succeed = () => Promise.resolve('fine')

const wallMs = Date.UTC(2026, 0, 1)
const options: CircuitBreakerOptions = { failureThreshold: 1, successThreshold: 1, resetTimeout: 1_000, resetBackoff: { jitter: 0 } }

/** A breaker that has opened `times` in a row, just now. */
async function opened(times = 1, given: CircuitBreakerOptions = options) {
  const clock = new FakeClock(500, wallMs)
  const breaker = new CircuitBreaker(given, clock)
  for (let opening = 0; opening < times; opening++) {
    clock.jump(breaker.getTimeUntilNextAttempt())
    await breaker.execute(fail).catch(() => undefined)
  }
  return { clock, breaker }
}

/** What another process makes of the breaker's JSON, `laterMs` later by the wall clock. Its monotonic clock begins anew. */
function restarted(breaker: CircuitBreaker, clock: FakeClock, laterMs: number, given = options) {
  const later = new FakeClock(0, clock.wallTime() + laterMs)
  const restored = new CircuitBreaker(given, later)
  restored.restore(JSON.parse(JSON.stringify(breaker)) as CircuitBreakerSnapshot)
  return { clock: later, breaker: restored }
}

describe('toJSON', () => {
  it('says when OPEN ends in wall time, and how far the backoff has come', async () => {
    const { clock, breaker } = await opened(3)
    const snapshot = { state: 'OPEN', openUntil: clock.wallTime() + 4_000, openMs: 4_000, openings: 3 }
    expect(breaker.toJSON()).toEqual(snapshot)
    clock.jump(10_000)
    expect(JSON.parse(JSON.stringify(breaker))).toEqual(snapshot)
  })

  it('takes HALF_OPEN for an OPEN that is over', async () => {
    const { clock, breaker } = await opened()
    clock.jump(1_700)
    void breaker.execute(() => new Promise(() => undefined))
    expect(breaker.isHalfOpen()).toBe(true)
    expect(breaker.toJSON()).toEqual({ state: 'OPEN', openUntil: clock.wallTime(), openMs: 1_000, openings: 1 })
  })

  it('says no more than the state of a closed or a forced circuit', async () => {
    const { breaker } = await opened()
    breaker.close()
    expect(breaker.toJSON()).toEqual({ state: 'CLOSED' })
    breaker.isolate()
    expect(breaker.toJSON()).toEqual({ state: 'FORCED_OPEN' })
    breaker.disable()
    expect(breaker.toJSON()).toEqual({ state: 'DISABLED' })
    breaker.observeOnly()
    expect(breaker.toJSON()).toEqual({ state: 'METRICS_ONLY' })
  })
})

it('keeps fractions, as jitter makes them, and a manual state rather than the opening under it', async () => {
  const clock = new FakeClock(0, wallMs)
  const jittered = new CircuitBreaker({ failureThreshold: 1, resetTimeout: 1_000, resetBackoff: true }, clock, new ScriptedRandom(0.123))
  await jittered.execute(fail).catch(() => undefined)
  const { openMs } = jittered.toJSON() as OpenSnapshot
  expect(openMs).toBeCloseTo(849.2, 5)
  expect((restarted(jittered, clock, 0).breaker.toJSON() as OpenSnapshot).openMs).toBe(openMs)
  jittered.isolate()
  expect(jittered.toJSON()).toEqual({ state: 'FORCED_OPEN' })
})

describe('restore', () => {
  it('goes on with OPEN for as long as is left, and with the backoff', async () => {
    const before = await opened(2)
    const { clock, breaker } = restarted(before.breaker, before.clock, 500)
    await expect(breaker.execute(succeed)).rejects.toMatchObject({ state: 'OPEN', retryAfterMs: 1_500 })
    expect(breaker.toJSON()).toEqual(before.breaker.toJSON())
    clock.jump(1_500)
    await breaker.execute(fail).catch(() => undefined)
    expect(breaker.getTimeUntilNextAttempt()).toBe(4_000)
  })

  it('probes at the next call where the time was over by then', async () => {
    const before = await opened()
    const { breaker } = restarted(before.breaker, before.clock, 3_600_000)
    expect(breaker.getTimeUntilNextAttempt()).toBe(0)
    await breaker.execute(succeed)
    expect(breaker.isClosed()).toBe(true)
  })

  it('probes at the next call where it was HALF_OPEN, and waits for the probe as long as the circuit was open', async () => {
    const before = await opened()
    before.clock.jump(1_000)
    void before.breaker.execute(() => new Promise(() => undefined))
    const { breaker } = restarted(before.breaker, before.clock, 0)
    expect(breaker.getState()).toBe('OPEN')
    void breaker.execute(() => new Promise(() => undefined))
    await expect(breaker.execute(succeed)).rejects.toMatchObject({ state: 'HALF_OPEN', retryAfterMs: 1_000 })
  })

  it.each(['CLOSED', 'FORCED_OPEN', 'DISABLED', 'METRICS_ONLY'] as const)('puts it back to %s, with nothing counted', async (state) => {
    const { clock, breaker } = await opened()
    breaker.restore({ state })
    expect(breaker.getState()).toBe(state)
    expect(breaker.getMetrics().totalCalls).toBe(0)
    expect(restarted(breaker, clock, 60_000).breaker.getState()).toBe(state)
  })

  it('leaves a closed circuit free to open', async () => {
    const changes: string[] = []
    const breaker = new CircuitBreaker({ failureThreshold: 1, onStateChange: (_, to) => changes.push(to) }, new FakeClock())
    breaker.isolate()
    breaker.restore({ state: 'CLOSED' })
    await breaker.execute(fail).catch(() => undefined)
    expect(changes).toEqual(['FORCED_OPEN', 'CLOSED', 'OPEN'])
  })

  it('takes an open circuit out of a manual state', async () => {
    const { breaker } = await opened()
    const snapshot = breaker.toJSON()
    breaker.isolate()
    breaker.restore(snapshot)
    expect([breaker.getState(), breaker.getTimeUntilNextAttempt()]).toEqual(['OPEN', 1_000])
  })

  it('tells of the change, if it is one, and ignores calls under way', async () => {
    const changes: string[] = []
    const breaker = new CircuitBreaker({ ...options, onStateChange: (from, to) => changes.push(`${from} ${to}`) }, new FakeClock(0, wallMs))
    let end: ((error: Error) => void) | undefined
    const call = breaker.execute(() => new Promise((_, reject) => (end = reject)))
    breaker.restore({ state: 'CLOSED' })
    breaker.restore({ state: 'OPEN', openUntil: wallMs + 200, openMs: 1_000, openings: 1 })
    breaker.restore({ state: 'OPEN', openUntil: wallMs + 100, openMs: 1_000, openings: 1 })
    end?.(new Error('late'))
    await expect(call).rejects.toThrow('late')
    expect(changes).toEqual(['CLOSED OPEN'])
    expect(breaker.getTimeUntilNextAttempt()).toBe(100)
    expect(breaker.getFailureCount()).toBe(0)
  })
})

describe('a wall clock that cannot be trusted', () => {
  it('went back: the circuit is open no longer than it was going to be', async () => {
    const before = await opened(2)
    expect(restarted(before.breaker, before.clock, -86_400_000).breaker.getTimeUntilNextAttempt()).toBe(2_000)
  })

  it('or options that are shorter now: no longer than the longest reset time, a minute at least for what a target asks', () => {
    const openFor = (given: CircuitBreakerOptions, openMs: number) => {
      const breaker = new CircuitBreaker(given, new FakeClock(0, wallMs))
      breaker.restore({ state: 'OPEN', openUntil: wallMs + openMs, openMs, openings: 1 })
      return breaker.getTimeUntilNextAttempt()
    }
    expect(openFor({ resetTimeout: 1_000 }, 3_600_000)).toBe(60_000)
    expect(openFor({ resetTimeout: '5m' }, 3_600_000)).toBe(300_000)
    expect(openFor({ resetTimeout: '5m', resetBackoff: { max: '10m' } }, 3_600_000)).toBe(600_000)
  })
})

describe('garbage', () => {
  it('is refused by name', () => {
    expect(() => new CircuitBreaker().restore(JSON.parse('{}') as CircuitBreakerSnapshot)).toThrow(
      'The snapshot of a circuit breaker: state: expected one of',
    )
  })

  const pathsOf = (snapshot: unknown): string[] => {
    const breaker = new CircuitBreaker()
    breaker.isolate()
    try {
      breaker.restore(snapshot as CircuitBreakerSnapshot)
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      expect(breaker.getState()).toBe('FORCED_OPEN')
      return (error as ConfigError).problems.map(({ path }) => path)
    }
    return []
  }

  it.each([
    [undefined, ['', 'state']],
    [null, ['', 'state']],
    ['OPEN', ['', 'state']],
    [[], ['', 'state']],
    [{}, ['state']],
    [{ state: 'HALF_OPEN' }, ['state']],
    [{ state: 'CLOSED', openings: 1 }, ['openings']],
    [{ state: 'OPEN' }, ['openUntil', 'openMs', 'openings']],
    [{ state: 'OPEN', openUntil: null, openMs: -1, openings: 0, since: 5 }, ['since', 'openUntil', 'openMs', 'openings']],
    [{ state: 'OPEN', openUntil: Infinity, openMs: Number.NaN, openings: 1.5 }, ['openUntil', 'openMs', 'openings']],
    [{ state: 'OPEN', openUntil: '2026-01-01', openMs: '1s', openings: 1 }, ['openUntil', 'openMs']],
  ])('%j is refused with all that is wrong, and changes nothing', (snapshot, paths) => {
    expect(pathsOf(snapshot)).toEqual(paths)
  })
})
