import { describe, expect, it } from 'vitest'
import { type JudgingRules, judgingRules } from '../canary/judge/judging-rules.js'
import type { CanaryConfig, CanaryPromotion } from './canary-config.js'
import { checkCanary } from './check.js'
import { problemsOf } from './problems-of.fixture.js'

const good: CanaryConfig = {
  stable: { version: '1', weight: 90 },
  canary: { version: '2', weight: 10 },
  promotion: { strategy: 'error-rate' },
}

const problems = (config: object) => problemsOf(() => checkCanary({ ...good, ...config })).map(({ path, message }) => `${path}: ${message}`)
const rulesOf = (promotion: Partial<CanaryPromotion>) =>
  judgingRules(checkCanary({ ...good, promotion: { ...good.promotion, ...promotion } }))

const noNumbers = [Number.NaN, Infinity, -Infinity, -1, '5', null, {}, []]

describe('a canary’s configuration', () => {
  it.each([
    ['errorThreshold', [...noNumbers, 100.1]],
    ['falseRollbackRate', [...noNumbers, 0, 0.0009, 51]],
    ['maxMirrorDiffRate', [...noNumbers, 101]],
    ['minRequests', [...noNumbers, 0, 1.5]],
    ['latencyPercentile', [...noNumbers, 90, 99.9]],
    ['latencyThreshold', [Number.NaN, Infinity, -1, 0, '5', '', 'soon', '5 parsecs', null]],
    ['stepInterval', [Number.NaN, Infinity, -1, 11, '11ms', '5', 'soon', '25d', null]],
    ['evaluationWindow', [Number.NaN, Infinity, -1, 11, '5', 'soon', null]],
    ['autoPromote', ['true', 1, null]],
    ['autoRollback', ['false', 0, null]],
    ['confirm', [true, 'yes', null, {}]],
    ['strategy', ['vibes', '', null, 1]],
    ['steps', [[], 'all', 100, null, {}]],
  ])('refuses every bad %s, and nothing else', (option, values) => {
    for (const value of values) {
      const found = problems({ promotion: { ...good.promotion, [option]: value } })
      expect(found).toEqual([expect.stringMatching(new RegExp(`^promotion\\.${option}: (expected|is missing)`))])
    }
  })

  it.each([
    [[0], 'promotion.steps[0]: the last step is 0; expected 100'],
    [[10, 50], 'promotion.steps[1]: the last step is 50; expected 100'],
    [[10, 10, 100], 'promotion.steps[1]: 10 is not above the step before it, 10'],
    [[50, 10, 100], 'promotion.steps[1]: 10 is not above the step before it, 50'],
    [[Number.NaN, 100], 'promotion.steps[0]: expected a number from 0 to 100'],
    [['10', 100], 'promotion.steps[0]: expected a number from 0 to 100'],
    [[-5, 100], 'promotion.steps[0]: expected a number from 0 to 100'],
  ])('refuses the steps %j', (steps, expected) => {
    expect(problems({ promotion: { ...good.promotion, steps } })).toEqual([expect.stringContaining(expected)])
  })

  it.each([[[100]], [[0, 100]], [[0, 10, 100]], [[0.1, 33.3, 66.7, 100]]])('takes the steps %j', (steps) => {
    expect(rulesOf({ steps }).steps).toEqual(steps)
  })

  it.each([
    [33.3, 66.7],
    [0.1, 99.9],
    [0, 100],
    [100, 0],
  ])('takes weights of %d and %d', (stable, canary) => {
    expect(checkCanary({ ...good, stable: { version: '1', weight: stable }, canary: { version: '2', weight: canary } })).toBeDefined()
  })

  it('refuses what sums to another number, equal versions, and testers and keys without a name', () => {
    expect(problems({ canary: { version: '1', weight: 10.1 }, stickyBy: { header: '' }, override: {} })).toEqual([
      expect.stringMatching(/^stickyBy/),
      expect.stringMatching(/^override: names neither/),
      expect.stringMatching(/^canary\.version: '1' is the stable version too/),
      expect.stringMatching(/^canary\.weight: the weights of stable and canary sum to 100\.1; expected 100/),
    ])
  })

  it('tells all problems at once', () => {
    const promotion = { strategy: 'error-rate', steps: [10, 5], stepInterval: 'soon', minRequests: 0, falseRollbackRate: 0, steeps: [1] }
    const paths = problems({ promotion, stable: { version: '', weight: Number.NaN } }).map((problem) => problem.split(': ')[0])
    expect(paths.sort()).toEqual(
      [
        'promotion.falseRollbackRate',
        'promotion.minRequests',
        'promotion.steeps',
        'promotion.stepInterval',
        'promotion.steps[1]',
        'promotion.steps[1]',
        'stable.version',
        'stable.weight',
      ].sort(),
    )
  })

  it('is a copy that nobody changes', () => {
    const steps = [10, 100]
    const checked = checkCanary({ ...good, promotion: { strategy: 'error-rate', steps } })
    steps[0] = 90
    expect(checked.promotion.steps).toEqual([10, 100])
    expect(Object.isFrozen(checked.promotion.steps)).toBe(true)
  })
})

const changed: readonly [keyof CanaryPromotion, Partial<CanaryPromotion>, Partial<JudgingRules>][] = [
  ['errorThreshold', { errorThreshold: 5 }, { errorThreshold: 0.05, errorBound: 0.05 }],
  ['latencyThreshold', { latencyThreshold: '2s' }, { latencyThresholdMs: 2_000, judgesLatency: true }],
  ['latencyPercentile', { latencyPercentile: 50 }, { latencyPercentile: 50, slowRate: 0.5 }],
  ['autoPromote', { autoPromote: false }, { autoPromote: false }],
  ['autoRollback', { autoRollback: false }, { autoRollback: false }],
  ['steps', { steps: [100] }, { steps: [100] }],
  ['stepInterval', { stepInterval: '1m' }, { stepIntervalMs: 60_000 }],
  ['minRequests', { minRequests: 7 }, { minRequests: 7 }],
  ['falseRollbackRate', { falseRollbackRate: 5 }, { falseRollbackRate: 0.05 }],
  ['maxMirrorDiffRate', { maxMirrorDiffRate: 2 }, { maxMirrorDiffRate: 0.02 }],
]

describe('an option', () => {
  const defaults: JudgingRules = {
    strategy: 'error-rate',
    autoPromote: true,
    autoRollback: true,
    falseRollbackRate: 0.01,
    errorThreshold: undefined,
    errorBound: 0.01,
    latencyThresholdMs: undefined,
    slowRate: 0.05,
    judgesLatency: false,
    latencyPercentile: 95,
    steps: [10, 25, 50, 75, 100],
    stepIntervalMs: 300_000,
    minRequests: 100,
    maxMirrorDiffRate: undefined,
  }

  it.each(changed)(
    '%s has its default where it is undefined, and changes what is judged where it is not',
    (option, promotion, expected) => {
      expect(rulesOf({ [option]: undefined })).toEqual(defaults)
      expect(rulesOf(promotion)).toEqual({ ...defaults, ...expected })
    },
  )

  it('strategy latency has latency judged', () => {
    expect(rulesOf({ strategy: 'latency' })).toEqual({ ...defaults, strategy: 'latency', judgesLatency: true })
  })
})
