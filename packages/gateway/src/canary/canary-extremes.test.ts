import type { Clock } from '@hazeljs/core'
import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import type { CanaryPromotion } from '../config/canary-config.js'
import { CanaryEngine, type CanaryEngineOptions } from './canary-engine.js'
import { MemoryCanaryStore } from './sharing/memory-canary-store.js'
import { replayDecisions } from './decisions.js'

const minute = 60_000

function started(promotion: Partial<CanaryPromotion>, weight = 10, options: CanaryEngineOptions = {}) {
  const clock = new FakeClock()
  const config = {
    stable: { version: '1', weight: 100 - weight },
    canary: { version: '2', weight },
    promotion: { strategy: 'error-rate', stepInterval: '5m', ...promotion },
  } as const
  const engine = new CanaryEngine(config, { clock, random: new SeededRandom(1), ...options })
  const events: string[] = []
  for (const name of ['canary:promote', 'canary:complete', 'canary:rollback', 'canary:paused'] as const)
    engine.on(name, ({ previousWeight, weight }) => events.push(`${name} ${previousWeight}→${weight}`))
  engine.start()
  const record = (arm: 'stable' | 'canary', good: number, bad: number, ms = 1) => {
    for (let i = 0; i < good; i++) engine.recordSuccess(arm, ms)
    for (let i = 0; i < bad; i++) engine.recordFailure(arm, ms)
  }
  return { clock, config, engine, events, record, status: () => engine.getStatus() }
}

describe('weights', () => {
  it('of 100 from the start are a canary that is promoted already', async () => {
    const { clock, engine, events, status } = started({ confirm: () => true }, 100)
    expect(status()).toMatchObject({ state: 'PROMOTED', canaryWeight: 100, nextWeight: undefined })
    expect(engine.selectVersion()).toBe('canary')
    await clock.advance(60 * minute)
    expect(events).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })

  it.each<[string, number, number[], number[]]>([
    ['begins at 0', 0, [0, 10, 100], [10, 100]],
    ['is in one step', 5, [100], [100]],
    ['begins at none of them', 33.3, [10, 50, 100], [50, 100]],
    ['begins above them all but one', 60, [10, 50, 100], [100]],
    ['is finer than per cent', 0.1, [0.1, 0.5, 99.9, 100], [0.5, 99.9, 100]],
  ])('of a rollout that %s are those of its steps', (_what, weight, steps, expected) => {
    const { engine, status } = started({ steps }, weight)
    const seen = expected.map(() => {
      engine.promote()
      return status().canaryWeight
    })
    expect(seen).toEqual(expected)
    expect(status().state).toBe('PROMOTED')
  })

  it('of 0 without a step of 0 wait for testers as long as a step, and go on by time', async () => {
    const { clock, engine, events } = started({}, 0)
    const tester = { headers: { 'x-arm': 'canary' } }
    expect(engine.selectVersion(tester)).toBe('stable')
    await clock.advance(5 * minute)
    expect(events).toEqual(['canary:promote 0→10'])
  })
})

describe('time', () => {
  it('of a step may be 12 ms', async () => {
    const { clock, record, status } = started({ stepInterval: 12 })
    record('canary', 600, 0)
    await clock.advance(11)
    expect(status().canaryWeight).toBe(10)
    await clock.advance(3)
    expect(status().canaryWeight).toBe(25)
  })

  it('that jumps on the wall moves nothing, and does not hold what is due', async () => {
    const monotonic = new FakeClock()
    let wallMs = 1e12
    const jumping: Clock = {
      now: () => monotonic.now(),
      wallTime: () => (wallMs += wallMs % 2 === 0 ? 86_400_001 : -86_399_999),
      setTimer: (callback, delayMs) => monotonic.setTimer(callback, delayMs),
      clearTimer: (timer) => monotonic.clearTimer(timer),
      keepAlive: (timer, keep) => monotonic.keepAlive(timer, keep),
      sleep: (delayMs, signal) => monotonic.sleep(delayMs, signal),
    }
    const { record, status } = started({}, 10, { clock: jumping })
    for (const weight of [10, 25, 50]) {
      expect(status()).toMatchObject({ canaryWeight: weight, stepMs: 0 })
      record('canary', 600, 0)
      await monotonic.advance(5 * minute - 1)
      expect(status().canaryWeight).toBe(weight)
      await monotonic.advance(1)
    }
  })

  it('that was slept through counts as time, not as evidence', () => {
    let nowMs = 0
    const due: (() => void)[] = []
    const sleeping: Clock = {
      now: () => nowMs,
      wallTime: () => 1e12 + nowMs,
      setTimer: (callback) => {
        due.push(callback)
        return {}
      },
      clearTimer: () => undefined,
      keepAlive: () => undefined,
      sleep: () => Promise.resolve(),
    }
    const { record, status } = started({ stepInterval: '24d' }, 10, { clock: sleeping })
    record('canary', 600, 0)
    nowMs = 24 * 24 * 60 * minute - 1
    due.shift()?.()
    expect(status().canaryWeight).toBe(10)
    nowMs *= 3
    due.shift()?.()
    expect(status()).toMatchObject({ canaryWeight: 25, stepMs: 0 })
    expect(due).toHaveLength(1)
  })
})

describe('records', () => {
  it('may take no time or all of it, and have to be numbers', () => {
    const { engine, record, status } = started({ latencyThreshold: 100 })
    record('stable', 1, 0, 0)
    record('stable', 1, 0, Number.MAX_VALUE)
    expect(status().tally.stable).toMatchObject({ requests: 2, slow: 1 })
    for (const ms of [Number.NaN, Infinity, -1, '1' as never]) expect(() => engine.recordFailure('canary', ms)).toThrow(RangeError)
    expect(status().tally.canary.requests).toBe(0)
  })

  it('of an older epoch are no evidence in a newer one', () => {
    const { engine, status } = started({})
    const before = engine.assign([], '')
    engine.promote()
    for (let i = 0; i < 100; i++) engine.record({ ...before, arm: 'canary' }, 'failure', 1)
    expect(status()).toMatchObject({ state: 'ACTIVE', tally: { canary: { requests: 0 } } })
  })

  it('of a paused canary roll it back, of a finished one count nothing', async () => {
    const { clock, engine, record, status } = started({})
    engine.pause()
    record('canary', 0, 20)
    expect(status().state).toBe('ROLLED_BACK')
    record('canary', 0, 20)
    expect(status().tally.canary.requests).toBe(0)
    await clock.advance(minute)
  })

  it('before the store has answered are no evidence: all of them go to stable', async () => {
    const clock = new FakeClock()
    const { engine, record, status } = started({}, 10, { clock, store: new MemoryCanaryStore(clock) })
    const before = engine.assign([], '')
    record('stable', 100, 50)
    await clock.advance(3_000)
    engine.record(before, 'failure', 1)
    record('stable', 10, 0)
    await clock.advance(3_000)
    expect(status().tally.stable).toMatchObject({ requests: 10, errors: 0 })
  })
})

describe('falseRollbackRate', () => {
  it.each([0.001, 1, 50])('of %d per cent is what the comparison needs', (falseRollbackRate) => {
    const { record, status } = started({ falseRollbackRate })
    record('stable', 900, 9)
    while (status().state === 'ACTIVE') record('canary', 0, 1)
    const { engine } = started({ falseRollbackRate })
    expect(engine.getStatus().verdict.numbers.rollbackAt).toBeCloseTo(100 / falseRollbackRate, 6)
  })

  it('holds for pauses and resumptions without end: none of them buys a further chance', () => {
    const { engine, record, status } = started({})
    const resume = (times: number) => {
      for (let i = 0; i < times; i++) {
        engine.pause()
        engine.resume()
      }
    }
    resume(55)
    record('canary', 0, 5)
    // As much as that would be enough in the first step.
    for (let i = 0; i < 60; i++) {
      resume(1)
      record('stable', 0, 1)
      expect(status().state).toBe('ACTIVE')
    }
  })

  it('holds then, and what is broken is still seen after two thousand resumptions', () => {
    const { engine, record, status } = started({})
    for (let i = 0; i < 2_000; i++) {
      engine.pause()
      engine.resume()
    }
    record('canary', 0, 2_000)
    expect(status().state).toBe('ROLLED_BACK')
    expect(status().reason).toMatch(/^it fails more often than stable/)
    expect(replayDecisions(configOf(), engine.getDecisions()).every(({ agrees }) => agrees)).toBe(true)
  })
})

function configOf() {
  return started({}).config
}

describe('power', () => {
  it('is not spoken of where errors cannot double', async () => {
    const { clock, record, status } = started({})
    record('stable', 0, 500)
    await clock.advance(1_000)
    expect(status().power).toBeUndefined()
  })

  it('is less where latency is compared as well', () => {
    const requests = (strategy: 'error-rate' | 'latency') => {
      const { record, status } = started({ strategy })
      record('stable', 990, 10)
      return status().power?.requests as number
    }
    expect(requests('latency')).toBeGreaterThan(requests('error-rate'))
  })
})

it('says all of its status as JSON, before the start and after the end', () => {
  const { engine, record, status } = started({ errorThreshold: 0, latencyThreshold: 1 })
  for (const act of ['stop', 'start', 'pause', 'rollback'] as const) {
    record('canary', 1, 1, 5)
    engine[act]()
    const said = status()
    expect(JSON.parse(JSON.stringify(said))).toEqual(JSON.parse(JSON.stringify(said, (_key, value: unknown) => finite(value))))
  }
})

function finite(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`${value} is no JSON`)
  return value
}
