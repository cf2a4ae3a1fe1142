import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import type { CanaryPromotion } from '../config/canary-config.js'
import { CanaryEngine, type CanaryEngineOptions } from './canary-engine.js'
import type { MirrorDiffCount } from './judge/evidence.js'

const minute = 60_000

function started(promotion: Partial<CanaryPromotion>, options: CanaryEngineOptions = {}, weight = 10) {
  const clock = new FakeClock()
  const engine: CanaryEngine = new CanaryEngine(
    {
      stable: { version: '1', weight: 100 - weight },
      canary: { version: '2', weight },
      promotion: { strategy: 'error-rate', stepInterval: '5m', ...promotion },
    },
    { clock, random: new SeededRandom(1), ...options },
  )
  const faults: string[] = []
  engine.on('canary:fault', ({ part, error }) => faults.push(`${part}: ${error.message}`))
  engine.start()
  const prove = (times = 600) => {
    for (let i = 0; i < times; i++) engine.recordSuccess('canary', 1)
  }
  return { clock, engine, faults, prove, state: () => engine.getStatus().state, weight: () => engine.getStatus().canaryWeight }
}

describe('mirrorDiff', () => {
  const wrong: [string, () => MirrorDiffCount, RegExp][] = [
    [
      'throws',
      () => {
        throw new Error('broken')
      },
      /^mirrorDiff: broken$/,
    ],
    ['returns nothing', () => undefined as never, /it returned undefined/],
    ['returns a promise', () => Promise.resolve({ compared: 1, different: 0 }) as never, /has to return \{ compared, different \}/],
    ['returns NaN', () => ({ compared: Number.NaN, different: 0 }), /has to return/],
    ['finds more different than compared', () => ({ compared: 1, different: 2 }), /has to return/],
    ['counts below zero', () => ({ compared: -1, different: -1 }), /has to return/],
  ]

  it.each(wrong)('that %s holds the step, is told once, and hurts nobody', async (_what, mirrorDiff, fault) => {
    const { clock, engine, faults, prove, weight } = started({ maxMirrorDiffRate: 1 }, { mirrorDiff })
    prove()
    await clock.advance(6 * minute)
    expect(engine.getStatus()).toMatchObject({ canaryWeight: 10, verdict: { code: 'mirror-differs' } })
    expect(faults).toEqual([expect.stringMatching(fault)])
    for (let i = 0; i < 90; i++) engine.recordFailure('canary', 1)
    expect(weight()).toBe(0)
  })

  it('may count from 0 again, as that of a mirror that was replaced', async () => {
    let diff = { compared: 5_000, different: 5_000 }
    const { clock, engine, prove, weight } = started({ maxMirrorDiffRate: 1 }, { mirrorDiff: () => diff })
    engine.promote()
    prove()
    diff = { compared: 1_000, different: 0 }
    await clock.advance(6 * minute)
    expect(weight()).toBe(50)
  })

  it('that failed when the step began counts from when it works', async () => {
    let fails = true
    const mirrorDiff = () => {
      if (fails) throw new Error('broken')
      return { compared: 9_000, different: 0 }
    }
    const { clock, engine, prove } = started({ maxMirrorDiffRate: 1 }, { mirrorDiff })
    engine.promote()
    prove()
    fails = false
    await clock.advance(6 * minute)
    expect(engine.getStatus().verdict).toMatchObject({
      code: 'mirror-differs',
      reason: 'no answer of the mirror was compared in this step',
    })
  })
})

describe('confirm', () => {
  it('that answers after its step was taken by hand does not answer for the next', async () => {
    const answers: ((agrees: boolean) => void)[] = []
    const { clock, engine, prove, weight } = started({ confirm: () => new Promise<boolean>((resolve) => answers.push(resolve)) })
    prove()
    await clock.advance(5 * minute)
    expect(answers).toHaveLength(1)
    engine.promote()
    await clock.advance(5 * minute + 500)
    prove() // the next look is half a second away
    answers[0]?.(true)
    await clock.advance(minute)
    expect([weight(), answers.length]).toEqual([25, 2])
  })

  it('that refuses after its step was taken by hand does not hold the next', async () => {
    const answers: ((agrees: boolean) => void)[] = []
    const { clock, engine, prove } = started({ confirm: () => new Promise<boolean>((resolve) => answers.push(resolve)) })
    prove()
    await clock.advance(5 * minute)
    engine.promote()
    await clock.advance(2 * minute)
    answers[0]?.(false)
    prove()
    await clock.advance(3 * minute)
    expect([engine.getStatus().verdict.reason, answers.length]).toEqual(['confirm has not answered yet', 2])
  })

  it('is not asked where a hand takes the steps', async () => {
    let asked = 0
    const { clock, engine, prove } = started({
      autoPromote: false,
      confirm: () => {
        asked++
        return true
      },
    })
    prove()
    await clock.advance(20 * minute)
    expect(engine.getStatus().verdict.code).toBe('awaits-promote')
    expect(asked).toBe(0)
  })

  it.each<[string, (engine: CanaryEngine) => void, string, number]>([
    ['takes the step itself', (engine) => engine.promote(), 'ACTIVE', 25],
    ['rolls back', (engine) => engine.rollback(), 'ROLLED_BACK', 0],
    ['pauses', (engine) => engine.pause(), 'PAUSED', 10],
    ['promotes fully', (engine) => engine.promote({ full: true }), 'PROMOTED', 100],
  ])('that %s and agrees as well has done that, and no more', async (_what, act, expected, reached) => {
    const { clock, prove, engine, state, weight } = started({
      confirm: () => {
        act(engine)
        return true
      },
    })
    prove()
    await clock.advance(6 * minute)
    expect([state(), weight()]).toEqual([expected, reached])
  })

  it.each<[string, PromiseLike<boolean>, number]>([
    ['calls back twice', { then: (done) => (done?.(true), done?.(false)) as never }, 25],
    [
      'throws in then, having called back',
      {
        then: (done) => {
          done?.(true)
          throw new Error('late')
        },
      },
      25,
    ],
    [
      'throws in then',
      {
        then: () => {
          throw new Error('no')
        },
      },
      10,
    ],
    ['never calls back', { then: () => undefined as never }, 10],
  ])('with a thenable that %s is taken at its first word', async (_what, answer, reached) => {
    const { clock, prove, weight } = started({ confirm: () => answer })
    prove()
    await clock.advance(6 * minute)
    expect(weight()).toBe(reached)
  })
})

describe('customEvaluator', () => {
  const broken = () => {
    throw new Error('broken')
  }

  it('that fails holds a switch from weight 0, too', async () => {
    const { clock, weight } = started({ strategy: 'custom', steps: [0, 100], customEvaluator: broken }, {}, 0)
    await clock.advance(20 * minute)
    expect(weight()).toBe(0)
  })

  it.each<['promote' | 'rollback' | 'pause', string, number]>([
    ['promote', 'ACTIVE', 25],
    ['rollback', 'ROLLED_BACK', 0],
    ['pause', 'PAUSED', 10],
  ])('that calls %s() and says promote has done that, and no more', async (act, expected, reached) => {
    let times = 0
    const { clock, prove, engine, state, weight } = started({
      strategy: 'custom',
      customEvaluator: () => {
        if (times++ === 0) engine[act]()
        return 'promote'
      },
    })
    prove()
    await clock.advance(4 * minute)
    expect([state(), weight()]).toEqual([expected, reached])
  })

  it('whose answer is a thenable that throws is a fault', async () => {
    const { clock, faults } = started({ strategy: 'custom', customEvaluator: () => ({ then: broken }) as never })
    await clock.advance(minute)
    expect(faults).toEqual([expect.stringMatching(/at once; it returned/)])
  })
})

it('is not hurt by an onListenerError that throws', () => {
  const onListenerError = () => {
    throw new Error('again')
  }
  const { engine, weight } = started({}, { onListenerError })
  for (const event of ['canary:decision', 'canary:promote', 'canary:rollback'] as const)
    engine.on(event, () => {
      throw new Error('listener')
    })
  engine.promote()
  expect(weight()).toBe(25)
  engine.rollback()
  expect(weight()).toBe(0)
})
