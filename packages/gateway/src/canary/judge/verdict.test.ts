import { describe, expect, it } from 'vitest'
import { judgingRules } from './judging-rules.js'
import type { CanaryPromotion } from '../../config/canary-config.js'
import { emptyArm } from '../rollout/rollout.js'
import type { CanaryEvidence } from './evidence.js'
import { judge } from './verdict.js'

const minute = 60_000

function rulesOf(promotion: Partial<CanaryPromotion> = {}) {
  return judgingRules({
    stable: { version: '1', weight: 90 },
    canary: { version: '2', weight: 10 },
    promotion: { strategy: 'error-rate', stepInterval: '5m', ...promotion },
  })
}

const arm = (requests: number, errors: number, slow = 0) => ({ requests, errors, slow, distinctErrors: errors, distinctSlow: slow })

interface Scene extends Partial<Omit<CanaryEvidence, 'epochs'>> {
  readonly weight?: number
  readonly stable?: ReturnType<typeof arm>
  readonly canary?: ReturnType<typeof arm>
  readonly past?: CanaryEvidence['epochs']
}

function evidenceOf({ weight = 10, stable = arm(90_000, 900), canary = arm(10_000, 100), past = [], ...rest }: Scene = {}): CanaryEvidence {
  return {
    state: 'ACTIVE',
    stepMs: 6 * minute,
    diverted: false,
    slowIsKnown: false,
    ...rest,
    epochs: [...past, { weight, stable, canary }],
  }
}

const verdict = (scene: Scene, promotion?: Partial<CanaryPromotion>) => {
  const { action, code } = judge(rulesOf(promotion), evidenceOf(scene))
  return `${action} ${code}`
}

describe('a canary is rolled back', () => {
  it.each<[string, Scene, Partial<CanaryPromotion>, string]>([
    ['that fails more often than stable', { stable: arm(4_500, 45), canary: arm(500, 40) }, {}, 'rollback worse-than-stable'],
    ['in the first minute', { stepMs: 1, stable: arm(20, 0), canary: arm(4, 4) }, {}, 'rollback worse-than-stable'],
    ['while it is paused', { state: 'PAUSED', stable: arm(4_500, 45), canary: arm(500, 40) }, {}, 'rollback worse-than-stable'],
    [
      'whatever the strategy',
      { stable: arm(4_500, 45), canary: arm(500, 40), evaluator: 'promote' },
      custom(),
      'rollback worse-than-stable',
    ],
    [
      'for what happened in an earlier step',
      { weight: 25, stable: arm(10, 0), canary: arm(3, 0), past: [{ weight: 10, stable: arm(9_000, 10), canary: arm(1_000, 30) }] },
      {},
      'rollback worse-than-stable',
    ],
    [
      'that is slower than stable',
      { canary: arm(1_000, 10, 150), stable: arm(9_000, 90, 450), slowIsKnown: true },
      latency(),
      'rollback slower-than-stable',
    ],
    [
      'above its threshold',
      { stable: arm(300, 14), canary: arm(60, 12) },
      { errorThreshold: 5, falseRollbackRate: 0.001 },
      'rollback above-error-threshold',
    ],
    [
      'above its latency threshold',
      { stable: arm(9_000, 0, 440), canary: arm(1_000, 0, 85), slowIsKnown: true },
      { latencyThreshold: 200, falseRollbackRate: 0.001 },
      'rollback above-latency-threshold',
    ],
    [
      'after the switch, when more fails than before',
      {
        state: 'PROMOTED',
        weight: 100,
        stable: emptyArm,
        canary: arm(200, 30),
        past: [{ weight: 0, stable: arm(5_000, 5), canary: emptyArm }],
      },
      {},
      'rollback worse-than-before',
    ],
    ['when the evaluator says so', { evaluator: 'rollback' }, custom(), 'rollback evaluator'],
  ])('%s', (_what, scene, promotion, expected) => {
    expect(verdict(scene, promotion)).toBe(expected)
  })

  it('never for what both arms suffer', () => {
    const incident = { stable: arm(9_000, 1_800), canary: arm(1_000, 205) }
    expect(verdict(incident, { errorThreshold: 5 })).toMatch(/^promote|^hold/)
  })

  it('or paused, where autoRollback is off, and that once', () => {
    expect(verdict({ stable: arm(4_500, 45), canary: arm(500, 40) }, { autoRollback: false })).toBe('pause worse-than-stable')
    expect(verdict({ stable: arm(4_500, 45), canary: arm(500, 40), state: 'PAUSED' }, { autoRollback: false })).toBe(
      'hold worse-than-stable',
    )
  })
})

describe('a canary is promoted', () => {
  it.each<[string, Scene, Partial<CanaryPromotion>, string]>([
    ['that fails no more often than stable', {}, {}, 'promote as-good-as-stable'],
    ['where nothing fails at all', { stable: arm(9_000, 0), canary: arm(1_000, 0) }, {}, 'promote as-good-as-stable'],
    ['that is below its threshold', { stable: arm(900, 5), canary: arm(100, 0) }, { errorThreshold: 5 }, 'promote as-good-as-stable'],
    ['from weight 0, when the time is over', { weight: 0, canary: emptyArm }, { steps: [0, 100] }, 'promote time'],
    [
      'that is no slower',
      { stable: arm(90_000, 900, 4_500), canary: arm(10_000, 100, 480), slowIsKnown: true },
      latency(),
      'promote as-good-as-stable',
    ],
    ['when the evaluator says so', { evaluator: 'promote' }, custom(), 'promote as-good-as-stable'],
    ['whose mirror agrees', { mirrorDiff: { compared: 1_000, different: 1 } }, { maxMirrorDiffRate: 1 }, 'promote as-good-as-stable'],
    ['and confirm is asked before', { confirmation: 'not-asked' }, { confirm: () => true }, 'confirm as-good-as-stable'],
    ['and confirm agreed', { confirmation: 'granted' }, { confirm: () => true }, 'promote as-good-as-stable'],
  ])('%s', (_what, scene, promotion, expected) => {
    expect(verdict(scene, promotion)).toBe(expected)
  })
})

describe('a canary holds', () => {
  it.each<[string, Scene, Partial<CanaryPromotion>, string]>([
    ['before its time', { stepMs: 5 * minute - 1 }, {}, 'step-time'],
    ['with few requests', { canary: arm(99, 0) }, {}, 'few-requests'],
    ['when it could not serve', { diverted: true }, {}, 'no-instance'],
    ['with too little evidence', { stable: arm(900, 5), canary: arm(100, 2) }, {}, 'errors-unproven'],
    ['when stable has no known latency', {}, latency(), 'latency-unknown'],
    [
      'with too little evidence of its latency',
      { stable: arm(9_000, 0, 450), canary: arm(1_000, 0, 65), slowIsKnown: true },
      latency(),
      'latency-unproven',
    ],
    ['when the evaluator holds', { evaluator: 'hold' }, custom(), 'evaluator-holds'],
    ['when the evaluator fails', {}, custom(), 'evaluator-holds'],
    ['when the mirror differs', { mirrorDiff: { compared: 1_000, different: 30 } }, { maxMirrorDiffRate: 1 }, 'mirror-differs'],
    ['when the mirror compared nothing', {}, { maxMirrorDiffRate: 1 }, 'mirror-differs'],
    ['when one answer differs and none may', { mirrorDiff: { compared: 1_000, different: 1 } }, { maxMirrorDiffRate: 0 }, 'mirror-differs'],
    ['until confirm has answered', { confirmation: 'pending' }, { confirm: () => true }, 'unconfirmed'],
    ['when confirm does not agree', { confirmation: 'refused' }, { confirm: () => false }, 'unconfirmed'],
    ['for a hand', {}, { autoPromote: false }, 'awaits-promote'],
    ['while it is paused', { state: 'PAUSED' }, {}, 'paused'],
    ['once promoted', { state: 'PROMOTED', weight: 100, stable: emptyArm }, {}, 'finished'],
    ['once rolled back', { state: 'ROLLED_BACK', weight: 0, canary: emptyArm }, {}, 'finished'],
  ])('%s', (_what, scene, promotion, expected) => {
    expect(verdict(scene, promotion)).toBe(`hold ${expected}`)
  })

  it.each<[string, Scene, Partial<CanaryPromotion>]>([
    ['of evidence', { stable: arm(900, 5), canary: arm(100, 2) }, {}],
    ['of requests', { stable: arm(10, 0), canary: arm(1, 0) }, {}],
    ['of instances', { diverted: true }, {}],
    ['of an answer of confirm', { confirmation: 'pending' }, { confirm: () => true }],
  ])('for ten steps at most for lack %s, then pauses', (_what, scene, promotion) => {
    expect(verdict({ ...scene, stepMs: 50 * minute - 1 }, promotion)).toMatch(/^hold/)
    expect(verdict({ ...scene, stepMs: 50 * minute }, promotion)).toBe('pause inconclusive')
  })
})

it('says its reason with numbers, and all of it is JSON', () => {
  const { reason, numbers } = judge(rulesOf({ errorThreshold: 0 }), evidenceOf({ stable: arm(4_500, 45), canary: arm(500, 40) }))
  expect(reason).toMatch(
    /^it fails more often than stable: 40 of 500 requests failed, of stable's 45 of 4500 requests \(evidence .+, bound 100\)$/,
  )
  expect(JSON.parse(JSON.stringify(numbers))).toEqual(JSON.parse(JSON.stringify(numbers, (_key, value: unknown) => value)))
  for (const value of Object.values(numbers)) expect(value === undefined || Number.isFinite(value)).toBe(true)
})

function latency(): Partial<CanaryPromotion> {
  return { strategy: 'latency' }
}

function custom(): Partial<CanaryPromotion> {
  return { strategy: 'custom', customEvaluator: () => 'hold' }
}
