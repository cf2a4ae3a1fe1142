import { FakeClock, ScriptedRandom, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import type { CanaryConfig, CanaryPromotion } from '../config/canary-config.js'
import { CanaryEngine } from './canary-engine.js'
import type { CanaryArmName } from './canary-metrics.js'
import { replayDecisions } from './decisions.js'

const minute = 60_000

function configOf(promotion: Partial<CanaryPromotion> = {}, weight = 10): CanaryConfig {
  return {
    stable: { version: '1', weight: 100 - weight },
    canary: { version: '2', weight },
    promotion: { strategy: 'error-rate', stepInterval: '5m', ...promotion },
  }
}

function started(promotion?: Partial<CanaryPromotion>, weight?: number) {
  const clock = new FakeClock()
  const config = configOf(promotion, weight)
  const engine = new CanaryEngine(config, { clock, random: new ScriptedRandom() })
  const events: string[] = []
  for (const name of ['canary:promote', 'canary:complete', 'canary:rollback', 'canary:paused'] as const)
    engine.on(name, (change) => events.push(`${name} ${change.previousWeight}→${change.weight}`))
  engine.start()
  const succeed = (arm: CanaryArmName, times: number, ms = 10) => {
    for (let i = 0; i < times; i++) engine.recordSuccess(arm, ms)
  }
  const fail = (arm: CanaryArmName, times: number) => {
    for (let i = 0; i < times; i++) engine.recordFailure(arm, 10)
  }
  return { clock, config, engine, events, succeed, fail }
}

describe('a canary that fails', () => {
  it('is rolled back inside of the call that crosses the bound', () => {
    const { engine, events, succeed, fail } = started()
    succeed('stable', 90)
    fail('canary', 2)
    expect(engine.getStatus().state).toBe('ACTIVE')
    const statesSeen: string[] = []
    engine.on('canary:rollback', () => statesSeen.push(engine.getStatus().state))
    fail('canary', 3)
    expect(statesSeen).toEqual(['ROLLED_BACK'])
    expect(events).toEqual(['canary:rollback 10→0'])
    expect(engine.selectVersion()).toBe('stable')
    expect(engine.getStatus()).toMatchObject({
      reason: expect.stringMatching(/^it fails more often than stable: \d of \d requests failed/) as string,
    })
  })

  it('is left alone before start, and after stop', () => {
    const { engine, fail } = started()
    engine.stop()
    fail('canary', 100)
    expect(engine.getStatus().state).toBe('ACTIVE')
    engine.start()
    expect(engine.getStatus().tally.canary.requests).toBe(0)
    fail('canary', 10)
    expect(engine.getStatus().state).toBe('ROLLED_BACK')
  })

  it('is rolled back in a later step, for what it does there', async () => {
    const { engine, clock, succeed, fail } = started()
    for (let step = 0; step < 2; step++) {
      succeed('stable', 3_600)
      succeed('canary', 500)
      await clock.advance(5 * minute)
    }
    expect(engine.getStatus().canaryWeight).toBe(50)
    succeed('stable', 20)
    fail('canary', 20)
    expect(engine.getStatus().state).toBe('ROLLED_BACK')
  })

  it('keeps its traffic while stable fails as often', () => {
    const { engine, events } = started({ errorThreshold: 5 })
    const random = new SeededRandom(7)
    for (let i = 0; i < 20_000; i++) {
      const arm = random.next() < 0.1 ? 'canary' : 'stable'
      const isIncident = i > 5_000 && i < 10_000
      if (random.next() < (isIncident ? 0.6 : 0.001)) engine.recordFailure(arm, 1)
      else engine.recordSuccess(arm, 1)
    }
    expect(events).toEqual([])
  })
})

describe('a canary that is as good as stable', () => {
  it('goes through its steps, each with its own time and evidence', async () => {
    const { engine, events, clock, succeed } = started()
    for (const weight of [10, 25, 50, 75]) {
      expect(engine.getStatus()).toMatchObject({ canaryWeight: weight, verdict: { action: 'hold', code: 'step-time' } })
      succeed('stable', 400)
      succeed('canary', 500)
      await clock.advance(5 * minute - 1)
      expect(engine.getStatus().canaryWeight).toBe(weight)
      await clock.advance(1)
    }
    expect(engine.getStatus()).toMatchObject({ state: 'PROMOTED', canaryWeight: 100, nextWeight: undefined })
    expect(events).toEqual([
      'canary:promote 10→25',
      'canary:promote 25→50',
      'canary:promote 50→75',
      'canary:promote 75→100',
      'canary:complete 100→100',
    ])
    await clock.advance(5 * minute)
    expect(clock.pendingTimers).toBe(0)
  })

  it('pauses without a decision, and goes on anew when resumed', async () => {
    const { engine, events, clock, succeed } = started()
    await clock.advance(50 * minute)
    expect(events).toEqual(['canary:paused 10→10'])
    expect(engine.getStatus().reason).toBe('no decision in 50 min: the canary had 0 of 100 requests in this step')
    engine.resume()
    succeed('stable', 4_000)
    succeed('canary', 500)
    await clock.advance(5 * minute)
    expect(events.at(-1)).toBe('canary:promote 10→25')
  })

  it('holds when a request of its own had to go to stable', async () => {
    const { engine, clock, succeed } = started()
    succeed('canary', 500)
    await clock.advance(4 * minute)
    engine.divert()
    await clock.advance(2 * minute)
    expect(engine.getStatus()).toMatchObject({ canaryWeight: 10, verdict: { code: 'no-instance' } })
    await clock.advance(3 * minute)
    expect(engine.getStatus().canaryWeight).toBe(25)
  })

  it('waits for a hand where autoPromote is off, and never pauses for that', async () => {
    const { engine, clock, succeed } = started({ autoPromote: false })
    succeed('canary', 500)
    await clock.advance(100 * minute)
    expect(engine.getStatus()).toMatchObject({ state: 'ACTIVE', canaryWeight: 10, verdict: { code: 'awaits-promote' } })
    engine.promote()
    expect(engine.getStatus().canaryWeight).toBe(25)
  })
})

describe('a blue-green switch', () => {
  const blueGreen = () => started({ steps: [0, 100] }, 0)

  it('comes after the time of a step, is watched for another, and then is over', async () => {
    const { engine, clock, events, succeed, fail } = blueGreen()
    expect(engine.selectVersion()).toBe('stable')
    succeed('stable', 5_000)
    await clock.advance(5 * minute)
    expect(events).toEqual(['canary:promote 0→100', 'canary:complete 100→100'])
    succeed('canary', 50)
    await clock.advance(5 * minute)
    fail('canary', 1_000)
    expect(engine.getStatus().state).toBe('PROMOTED')
  })

  it('is switched back when more fails than before', async () => {
    const { engine, clock, events, succeed, fail } = blueGreen()
    succeed('stable', 5_000)
    await clock.advance(5 * minute)
    succeed('canary', 50)
    fail('canary', 10)
    expect(events.at(-1)).toBe('canary:rollback 100→0')
    expect(engine.getStatus().reason).toBe('since it has all the traffic, more fails than with stable before: 4 of 54 requests failed')
  })
})

describe('a slower canary', () => {
  it('is compared with the percentile that stable has had', async () => {
    const { engine, clock, events } = started({ strategy: 'latency' })
    for (let i = 0; i < 300; i++) engine.recordSuccess('stable', (i % 100) + 1)
    await clock.advance(1_000)
    expect(engine.getStatus().verdict.code).toBe('step-time')
    for (let i = 0; i < 900; i++) engine.recordSuccess('stable', (i % 100) + 1)
    for (let i = 0; i < 40; i++) engine.recordSuccess('canary', 150)
    expect(events).toEqual(['canary:rollback 10→0'])
    expect(engine.getStatus().reason).toMatch(/^it is slower than stable: \d+ of \d+ requests were slow/)
  })
})

describe('the log of decisions', () => {
  it('holds each with its numbers, holds once, and can be judged again', async () => {
    const { engine, config, clock, succeed, fail } = started()
    const told: string[] = []
    engine.on('canary:decision', ({ action, code, weight }) => told.push(`${action} ${code} ${weight}`))
    succeed('stable', 3_600)
    succeed('canary', 500)
    await clock.advance(6 * minute)
    engine.pause()
    engine.resume()
    fail('canary', 20)
    const decisions = JSON.parse(JSON.stringify(engine.getDecisions())) as ReturnType<CanaryEngine['getDecisions']>
    const log = decisions.map(({ action, code, weight }) => `${action} ${code} ${weight}`)
    expect(log).toEqual([
      'hold step-time 10',
      'promote as-good-as-stable 10',
      'hold step-time 25',
      'pause by-hand 25',
      'resume by-hand 25',
      'rollback worse-than-stable 25',
    ])
    expect(told).toEqual(log)
    const replayed = replayDecisions(config, decisions)
    expect(replayed.map(({ agrees }) => agrees)).toEqual([true, true, true, true])
    const laxer = replayDecisions(configOf({ minRequests: 1_000, autoRollback: false }), decisions)
    expect(laxer.map(({ verdict: { action, code } }) => `${action} ${code}`)).toEqual([
      'hold step-time',
      'hold few-requests',
      'hold step-time',
      'pause worse-than-stable',
    ])
  })

  it('keeps the latest thousand', () => {
    const { engine } = started()
    for (let i = 0; i < 600; i++) {
      engine.pause()
      engine.resume()
    }
    expect(engine.getDecisions()).toHaveLength(1_000)
  })
})

it('says when a doubling of the errors would show', async () => {
  const { engine, clock, succeed, fail } = started()
  expect(engine.getStatus().power).toBeUndefined()
  succeed('stable', 891)
  fail('stable', 9)
  succeed('canary', 100)
  await clock.advance(minute)
  const { power } = engine.getStatus()
  expect(power?.ratio).toBe(2)
  expect(power?.requests).toBeGreaterThan(5_000)
  expect(power?.ms).toBeCloseTo((power?.requests ?? 0) * 60, -2)
})
