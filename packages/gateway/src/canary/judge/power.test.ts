import { SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { requestsToDetect } from './power.js'
import { logEvidence } from './rate-comparison.js'

const alpha = 0.01

/** How many requests 300 rollouts take, on the average. Only errors are drawn, with the gaps between them. */
function simulatedRequests(ratio: number, errorRate: number, weight: number): number {
  const random = new SeededRandom(77)
  const rollouts = 300
  const canaryRate = (weight / 100) * Math.min(1, errorRate * ratio)
  const rate = canaryRate + (1 - weight / 100) * errorRate
  let requests = 0
  for (let rollout = 0; rollout < rollouts; rollout++) {
    let stable = 0
    let canary = 0
    while (logEvidence([{ weight, stable, canary }]) < -Math.log(alpha)) {
      requests += 1 + Math.floor(Math.log1p(-random.next()) / Math.log1p(-rate))
      if (random.next() * rate < canaryRate) canary++
      else stable++
    }
  }
  return requests / rollouts
}

describe('requestsToDetect', () => {
  it.each([
    { ratio: 2, errorRate: 0.01, weight: 10 },
    { ratio: 2, errorRate: 0.2, weight: 50 },
    { ratio: 2, errorRate: 0.001, weight: 25 },
    { ratio: 3, errorRate: 0.01, weight: 5 },
    { ratio: 5, errorRate: 0.01, weight: 10 },
    { ratio: 10, errorRate: 0.01, weight: 10 },
    { ratio: 10, errorRate: 0.001, weight: 1 },
    { ratio: 100, errorRate: 0.01, weight: 1 },
  ])('says within a quarter what simulated rollouts take: $ratio times $errorRate at weight $weight', ({ ratio, errorRate, weight }) => {
    const ratioOfBoth = requestsToDetect({ ratio, errorRate, weight, alpha }) / simulatedRequests(ratio, errorRate, weight)
    expect(ratioOfBoth).toBeGreaterThan(0.75)
    expect(ratioOfBoth).toBeLessThan(1.25)
  })

  it('knows that more than all requests can not fail', () => {
    const allFail = requestsToDetect({ ratio: 5, errorRate: 0.2, weight: 10, alpha })
    expect(requestsToDetect({ ratio: 50, errorRate: 0.2, weight: 10, alpha })).toBe(allFail)
  })

  it('grows as α falls', () => {
    const sooner = requestsToDetect({ ratio: 2, errorRate: 0.01, weight: 10, alpha: 0.05 })
    expect(requestsToDetect({ ratio: 2, errorRate: 0.01, weight: 10, alpha: 0.001 })).toBeGreaterThan(sooner * 1.2)
  })

  it.each([
    ['without errors', { errorRate: 0 }],
    ['with stable alone', { weight: 0 }],
    ['with the canary alone', { weight: 100 }],
    ['for a canary as good as stable', { ratio: 1 }],
    ['for a better canary', { ratio: 0.5 }],
    ['for a difference that nobody looks for', { ratio: 1.05 }],
    ['where all requests fail anyway', { errorRate: 1 }],
  ])('is Infinity %s', (_case, given) => {
    expect(requestsToDetect({ ratio: 2, errorRate: 0.01, weight: 10, alpha, ...given })).toBe(Infinity)
  })
})
