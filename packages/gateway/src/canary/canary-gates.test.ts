import { FakeClock, ScriptedRandom } from '@hazeljs/core/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { CanaryPromotion, PendingCanaryStep } from '../config/canary-config.js'
import { CanaryEngine, type CanaryEngineOptions } from './canary-engine.js'

const minute = 60_000

function ready(promotion: Partial<CanaryPromotion>, options: CanaryEngineOptions = {}) {
  const clock = new FakeClock()
  const engine = new CanaryEngine(
    {
      stable: { version: '1', weight: 90 },
      canary: { version: '2', weight: 10 },
      promotion: { strategy: 'error-rate', stepInterval: '5m', ...promotion },
    },
    { clock, random: new ScriptedRandom(), ...options },
  )
  const faults: string[] = []
  engine.on('canary:fault', ({ part, error }) => faults.push(`${part}: ${error.message}`))
  engine.start()
  const prove = () => {
    for (let i = 0; i < 600; i++) engine.recordSuccess('canary', 1)
  }
  prove()
  return { clock, engine, faults, prove, weight: () => engine.getStatus().canaryWeight, code: () => engine.getStatus().verdict.code }
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('confirm', () => {
  it('is asked once before a step, and told which', async () => {
    const asked: PendingCanaryStep[] = []
    const { clock, weight } = ready({
      confirm: (step) => {
        asked.push(step)
        return true
      },
    })
    await clock.advance(5 * minute - 1)
    expect(asked).toEqual([])
    await clock.advance(minute)
    expect(asked).toEqual([{ stableVersion: '1', canaryVersion: '2', weight: 10, nextWeight: 25 }])
    expect(weight()).toBe(25)
  })

  it('holds the step until it settles, and guards meanwhile', async () => {
    let agree: (agrees: boolean) => void = () => undefined
    const { clock, engine, weight, code } = ready({ confirm: () => new Promise<boolean>((resolve) => (agree = resolve)) })
    await clock.advance(6 * minute)
    expect([weight(), code()]).toEqual([10, 'unconfirmed'])
    for (let i = 0; i < 60; i++) engine.recordFailure('canary', 1)
    expect(engine.getStatus().state).toBe('ROLLED_BACK')
    agree(true)
    await clock.advance(minute)
    expect(weight()).toBe(0)
  })

  it('is not enough when the evidence has gone since', async () => {
    let agree: (agrees: boolean) => void = () => undefined
    let times = 0
    const { clock, engine, weight, code, prove } = ready({
      confirm: () => {
        times++
        return new Promise<boolean>((resolve) => (agree = resolve))
      },
    })
    await clock.advance(6 * minute)
    for (let i = 0; i < 90; i++) engine.recordFailure('stable', 1)
    for (let i = 0; i < 12; i++) engine.recordFailure('canary', 1)
    agree(true)
    await clock.advance(minute)
    expect([weight(), code(), times]).toEqual([10, 'errors-unproven', 1])
    for (let i = 0; i < 6; i++) prove()
    await clock.advance(minute)
    expect(times).toBe(2)
    agree(true)
    await clock.advance(minute)
    expect(weight()).toBe(25)
  })

  it.each<[string, NonNullable<CanaryPromotion['confirm']>, string[]]>([
    ['refuses', () => false, []],
    ['rejects', () => Promise.reject(new Error('no')), ['confirm: no']],
    [
      'throws',
      () => {
        throw new Error('broken')
      },
      ['confirm: broken'],
    ],
    ['answers something else', () => 'yes' as never, [`confirm: confirm has to answer true or false; it answered 'yes'`]],
  ])('that %s holds the step, and is asked again after another interval', async (_what, answer, expected) => {
    let times = 0
    const { clock, weight, faults } = ready({
      confirm: (step) => {
        times++
        return answer(step)
      },
    })
    await clock.advance(9 * minute)
    expect([weight(), times]).toEqual([10, 1])
    await clock.advance(2 * minute)
    expect(times).toBe(2)
    expect(faults).toEqual(expected)
  })

  it('that never settles pauses the canary as inconclusive', async () => {
    const { clock, engine } = ready({ confirm: () => new Promise<boolean>(() => undefined) })
    await clock.advance(50 * minute)
    expect(engine.getStatus()).toMatchObject({ state: 'PAUSED', reason: 'no decision in 50 min: confirm has not answered yet' })
  })

  it('that answers after a hand has moved the canary is not heard', async () => {
    let agree: (agrees: boolean) => void = () => undefined
    const { clock, engine, weight } = ready({ confirm: () => new Promise<boolean>((resolve) => (agree = resolve)) })
    await clock.advance(6 * minute)
    engine.promote()
    agree(true)
    await clock.advance(minute)
    expect(weight()).toBe(25)
  })
})

describe('customEvaluator', () => {
  const custom = (customEvaluator: NonNullable<CanaryPromotion['customEvaluator']>) => ready({ strategy: 'custom', customEvaluator })

  it('decides, by what both arms did in the window', async () => {
    const seen: number[] = []
    const { clock, engine } = custom(({ canary }) => {
      seen.push(canary.totalCalls)
      return canary.averageResponseTime > 50 ? 'rollback' : 'promote'
    })
    await clock.advance(5 * minute)
    expect(engine.getStatus().canaryWeight).toBe(25)
    expect(seen[0]).toBe(600)
    for (let i = 0; i < 600; i++) engine.recordSuccess('canary', 1_000)
    await clock.advance(1_000)
    expect(engine.getStatus()).toMatchObject({ state: 'ROLLED_BACK', reason: 'customEvaluator says so' })
  })

  it.each<[string, () => never, string]>([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
      'customEvaluator: broken',
    ],
    [
      'is asynchronous',
      () => Promise.reject(new Error('late')) as never,
      `customEvaluator: customEvaluator has to return 'promote', 'hold' or 'rollback' at once; it returned a promise`,
    ],
    [
      'answers something else',
      () => 'yes' as never,
      `customEvaluator: customEvaluator has to return 'promote', 'hold' or 'rollback' at once; it returned 'yes'`,
    ],
  ])('that %s holds, is told once, and errors still roll back', async (_what, evaluator, expected) => {
    const { clock, engine, faults, weight } = custom(evaluator)
    await clock.advance(6 * minute)
    expect(weight()).toBe(10)
    expect(faults).toEqual([expected])
    for (let i = 0; i < 60; i++) engine.recordFailure('canary', 1)
    expect(weight()).toBe(0)
  })

  it('that works again may fail again', async () => {
    let fails = true
    const { clock, faults } = custom(() => {
      if (fails) throw new Error('broken')
      return 'hold'
    })
    await clock.advance(minute)
    fails = false
    await clock.advance(minute)
    fails = true
    await clock.advance(minute)
    expect(faults).toHaveLength(2)
  })

  it('warns where nobody listens for faults', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const clock = new FakeClock()
    const engine = new CanaryEngine(
      {
        stable: { version: '1', weight: 90 },
        canary: { version: '2', weight: 10 },
        promotion: {
          strategy: 'custom',
          customEvaluator: () => {
            throw new Error('broken')
          },
        },
      },
      { clock },
    )
    engine.start()
    await clock.advance(minute)
    expect(warn).toHaveBeenCalledExactlyOnceWith(`The canary's customEvaluator threw: broken`, expect.anything())
  })
})

describe('maxMirrorDiffRate', () => {
  it('holds a step while the answers of the mirror differ too often, counted from the beginning of the step', async () => {
    const diff = { compared: 500, different: 400 }
    const { clock, code, weight } = ready({ maxMirrorDiffRate: 1 }, { mirrorDiff: () => ({ ...diff }) })
    await clock.advance(6 * minute)
    expect(code()).toBe('mirror-differs')
    diff.compared += 100_000
    diff.different += 100
    await clock.advance(minute)
    expect(weight()).toBe(25)
  })

  it('needs something to ask', () => {
    expect(() => ready({ maxMirrorDiffRate: 1 })).toThrow(/promotion.maxMirrorDiffRate: needs a mirror that compares/)
  })
})
