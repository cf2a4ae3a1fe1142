import { describe, expect, it } from 'vitest'
import { rollbacksOfBrokenUsers } from './canary-simulation/broken-users.js'
import { EngineRule } from './canary-simulation/engine-rule.js'
import { rollOutByEngine } from './canary-simulation/engine-rollout.js'
import { promotions, rollOut } from './canary-simulation/promotions.js'
import { alpha, Comparison, FixedThreshold, RepeatedZTest, type RollbackRule } from './canary-simulation/rollback-rules.js'
import { agreement, rollbacks, streamOf } from './canary-simulation/rollbacks.js'
import { bad, healthy, type Scenario } from './canary-simulation/scenarios.js'

// A smaller run of `pnpm sim:canary`. It is seeded, so it passes always or never.
const seed = 4
const timeout = 60_000

const length = { atLeast: 0, atMost: 20_000 }
const courses = [
  [0, 0],
  [0.001, 0.001],
  [0.01, 0.01],
  [0.2, 0.2],
  [0.001, 0.005],
] as const
const comparison = (weight: number) => new Comparison(weight)
const shareOf = (rule: () => RollbackRule, rollouts: number) => (scenario: Scenario) => rollbacks(scenario, rule, rollouts, seed).share

describe('simulated rollouts', () => {
  it('of healthy canaries are rolled back with a chance of α at most', { timeout }, () => {
    const rollouts = 150
    const shares = healthy.map((scenario) => rollbacks(scenario, comparison, rollouts, seed).share)
    // Three standard deviations of what chance does to a single row; all of them together must keep the promise as it is.
    for (const share of shares) expect(share).toBeLessThanOrEqual(alpha + 3 * Math.sqrt(alpha / rollouts))
    expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeLessThanOrEqual(alpha)
  })

  it('of bad canaries are rolled back, and soon', { timeout }, () => {
    const [tenfold, dead, double] = [bad.tenfold, bad.dead, bad.double].map((scenario) => rollbacks(scenario, comparison, 400, seed))
    expect(tenfold).toMatchObject({ share: 1 })
    expect(tenfold?.medianRequests).toBeLessThanOrEqual(470)
    expect(dead).toMatchObject({ share: 1 })
    expect(dead?.medianRequests).toBeLessThanOrEqual(200)
    expect(double?.share).toBeGreaterThan(0.5)
  })

  it('show why not a fixed threshold, and no test that is repeated', { timeout }, () => {
    const [fixed, repeated] = [shareOf(() => new FixedThreshold(), 100), shareOf(() => new RepeatedZTest(), 100)]
    const bothOnePercent = { name: 'both 1 %', weight: 10, stable: 0.01, canary: 0.01 }
    expect(fixed(bothOnePercent)).toBeGreaterThan(0.95)
    expect(repeated(bothOnePercent)).toBeGreaterThan(5 * alpha)
    expect(fixed(bad.dead)).toBeLessThan(0.1) // a canary that is dead at weight 1 never has ten requests in a window
  })

  it('end upon the same request in the engine', { timeout }, () => {
    const rollouts = 8
    for (const scenario of [...healthy, ...Object.values(bad)])
      expect(agreement(scenario, [comparison, (weight) => new EngineRule(weight)], rollouts, seed)).toBe(rollouts)
  })

  it('promote healthy canaries, and no bad ones', { timeout }, () => {
    expect(promotions({ stable: 0, canary: 0 }, 20, seed, length).shares.promoted).toBe(1)
    expect(promotions({ stable: 0.001, canary: 0.001 }, 100, seed, length).shares.promoted).toBeGreaterThan(0.95)
    expect(promotions({ stable: 0.2, canary: 0.2 }, 100, seed, length).shares.promoted).toBeGreaterThan(0.95)
    for (const canary of [0.1, 0.02, 0.015])
      expect(promotions({ stable: 0.01, canary }, 200, seed, length).shares.promoted).toBeLessThanOrEqual(0.01)
  })

  it('take the same steps at the same requests in the engine', { timeout }, async () => {
    const endings = new Set<string>()
    for (const [stable, canary] of courses) {
      for (let rollout = 0; rollout < 3; rollout++) {
        const expected = rollOut({ stable, canary }, streamOf(seed, rollout), { atLeast: 2_000, atMost: 20_000 })
        expect(await rollOutByEngine({ stable, canary }, streamOf(seed, rollout), 2_000)).toEqual(expected)
        endings.add(expected.ending)
      }
    }
    expect(endings).toEqual(new Set(['promoted', 'rolled back', 'inconclusive']))
  })

  it('with sticky users need evidence that is fresh', { timeout }, () => {
    expect(rollbacksOfBrokenUsers('every error', 200, seed)).toBeGreaterThan(5 * alpha)
    expect(rollbacksOfBrokenUsers('one a user and interval', 200, seed)).toBeGreaterThan(5 * alpha)
    expect(rollbacksOfBrokenUsers('fresh ones', 400, seed)).toBeLessThanOrEqual(2 * alpha)
    expect(rollbacksOfBrokenUsers('one a user', 400, seed)).toBeLessThanOrEqual(alpha)
  })
})
