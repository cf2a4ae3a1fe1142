import { ConfigError } from '@hazeljs/core'
import { FakeClock, ScriptedRandom, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import type { CanaryConfig } from '../config/canary-config.js'
import { armFilter } from './assignment/arm-filter.js'
import { CanaryEngine } from './canary-engine.js'

const config: CanaryConfig = {
  stable: { version: '1.0.0', weight: 90 },
  canary: { version: '2.0.0', weight: 10 },
  promotion: { strategy: 'error-rate', steps: [10, 25, 50, 100] },
}

function engineWithLog() {
  const clock = new FakeClock()
  const engine = new CanaryEngine(config, { clock, random: new ScriptedRandom() })
  const log: string[] = []
  const names = ['canary:promote', 'canary:complete', 'canary:rollback', 'canary:paused'] as const
  for (const name of names) engine.on(name, ({ previousWeight, weight }) => log.push(`${name} ${previousWeight}→${weight}`))
  return { clock, engine, log }
}

describe('CanaryEngine', () => {
  it('splits by weight, started or not', () => {
    const engine = new CanaryEngine(config, { random: new ScriptedRandom(0, 0.099, 0.1, 0.999) })
    expect(Array.from({ length: 4 }, () => engine.selectVersion())).toEqual(['canary', 'canary', 'stable', 'stable'])
    const many = new CanaryEngine(config, { random: new SeededRandom(1) })
    let canary = 0
    for (let i = 0; i < 20_000; i++) if (many.selectVersion() === 'canary') canary++
    expect(canary / 20_000).toBeCloseTo(0.1, 2)
  })

  it('promotes step by step, then says that it is complete', () => {
    const { engine, log } = engineWithLog()
    engine.promote()
    expect(engine.getStatus()).toMatchObject({ state: 'ACTIVE', canaryWeight: 25, stableWeight: 75, nextWeight: 50 })
    engine.promote()
    engine.promote()
    expect(engine.getStatus()).toMatchObject({ state: 'PROMOTED', canaryWeight: 100, nextWeight: undefined })
    expect(engine.selectVersion()).toBe('canary')
    engine.promote()
    expect(log).toEqual(['canary:promote 10→25', 'canary:promote 25→50', 'canary:promote 50→100', 'canary:complete 100→100'])
  })

  it('promotes fully at once', () => {
    const { engine, log } = engineWithLog()
    engine.promote({ full: true })
    expect(engine.getStatus().state).toBe('PROMOTED')
    expect(log).toEqual(['canary:promote 10→100', 'canary:complete 100→100'])
  })

  it('goes through 10, 25, 50, 75 and 100 where no steps are given', () => {
    const engine = new CanaryEngine({ ...config, promotion: { strategy: 'error-rate' } })
    expect(engine.getStatus()).toMatchObject({ steps: [10, 25, 50, 75, 100], nextWeight: 25 })
  })

  it('rolls back from any state, and for good', () => {
    for (const prepare of ['promote', 'pause', 'getStatus'] as const) {
      const { engine, log } = engineWithLog()
      engine[prepare]()
      engine.rollback()
      engine.rollback()
      expect(engine.getStatus()).toMatchObject({ state: 'ROLLED_BACK', canaryWeight: 0, stableWeight: 100, nextWeight: undefined })
      expect(log.filter((line) => line.startsWith('canary:rollback'))).toHaveLength(1)
      expect(engine.selectVersion()).toBe('stable')
      expect(() => engine.promote()).toThrow(expect.objectContaining({ code: 'CANARY_ROLLED_BACK', state: 'ROLLED_BACK' }))
      expect(() => engine.resume()).toThrow(/can't be resumed/)
    }
  })

  it('rolls back a promoted canary', () => {
    const { engine, log } = engineWithLog()
    engine.promote({ full: true })
    engine.rollback()
    expect(engine.getStatus().state).toBe('ROLLED_BACK')
    expect(log.at(-1)).toBe('canary:rollback 100→0')
  })

  it('is not complete when a listener of the last promotion rolls back', () => {
    const { engine, log } = engineWithLog()
    engine.on('canary:promote', () => engine.rollback())
    engine.promote({ full: true })
    expect(log).toEqual(['canary:promote 10→100', 'canary:rollback 100→0'])
  })

  it('pauses once, keeps splitting, takes steps by hand, and resumes', () => {
    const { engine, log } = engineWithLog()
    engine.pause()
    engine.pause()
    expect(engine.getStatus()).toMatchObject({ state: 'PAUSED', canaryWeight: 10 })
    engine.promote()
    expect(engine.getStatus()).toMatchObject({ state: 'PAUSED', canaryWeight: 25 })
    engine.resume()
    expect(engine.getStatus().state).toBe('ACTIVE')
    expect(log).toEqual(['canary:paused 10→10', 'canary:promote 10→25'])
  })

  it('starts and stops any number of times', () => {
    const { engine, clock } = engineWithLog()
    engine.start()
    engine.start()
    expect(engine.getStatus().running).toBe(true)
    engine.stop()
    engine.stop()
    expect(engine.getStatus().running).toBe(false)
    expect(clock.pendingTimers).toBe(0)
  })

  it('counts calls per arm', () => {
    const { engine } = engineWithLog()
    engine.recordSuccess('canary', 10)
    engine.recordFailure('canary', 30, new Error('down'))
    expect(engine.getMetrics()).toMatchObject({
      stable: { totalCalls: 0, successCalls: 0, failureCalls: 0, failureRate: 0, averageResponseTime: 0 },
      canary: { totalCalls: 2, successCalls: 1, failureCalls: 1, failureRate: 50, averageResponseTime: 20 },
    })
    expect(() => engine.recordSuccess('cannary' as 'canary', 1)).toThrow(/Expected the arm 'stable' or 'canary', got 'cannary'/)
    expect(() => engine.recordSuccess('canary', Number.NaN)).toThrow(RangeError)
  })

  it('says when it changed last', async () => {
    const { engine, clock } = engineWithLog()
    const start = clock.wallTime()
    await clock.advance(500)
    engine.promote()
    expect(engine.getStatus().changedAt).toBe(start + 500)
  })

  it('is not hurt by a listener, and forgets one that leaves', () => {
    const errors: string[] = []
    const engine = new CanaryEngine(config, { onListenerError: (error) => errors.push(error.message) })
    const fail = () => {
      throw new Error('listener')
    }
    engine.on('canary:promote', fail)
    engine.promote()
    engine.off('canary:promote', fail)
    engine.promote()
    expect(errors).toEqual(['listener'])
    expect(engine.getStatus().canaryWeight).toBe(50)
  })

  it('refuses a wrong configuration', () => {
    expect(() => new CanaryEngine({ ...config, canary: { version: '1.0.0', weight: 20 } })).toThrow(ConfigError)
  })
})

describe('armFilter', () => {
  it('is the one given, else the version in the metadata', () => {
    expect(armFilter({ version: '2.0.0', weight: 10 })).toEqual({ metadata: { version: '2.0.0' } })
    expect(armFilter({ version: '2.0.0', weight: 10, filter: { tags: ['canary'] } })).toEqual({ tags: ['canary'] })
  })
})
