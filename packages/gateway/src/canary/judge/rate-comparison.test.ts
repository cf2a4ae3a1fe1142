import fc from 'fast-check'
import { SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { chanceToReach, counts, logAdd, weights } from './exact-chances.fixture.js'
import { type EventsAt, logEvidence, logNonInferiority, nonInferiorityBeta, nonInferiorityRatio, rateRatios } from './rate-comparison.js'

const alpha = 0.01
const enough = Math.log(1 / alpha)

/** The same by its definition: every process multiplies, error by error, what the error is worth to it. */
function naiveEvidence(epochs: readonly { weight: number; canaryErrors: readonly boolean[] }[]): number {
  const shares = [0.9, 0.05, 0.025, 0.0125, 0.00625]
  let evidence = 1
  epochs.forEach((_, start) => {
    let process = 0
    for (const ratio of rateRatios) {
      let product = 1
      for (const { weight, canaryErrors } of epochs.slice(start)) {
        const w = weight / 100
        const theta = (w * ratio) / (w * ratio + 1 - w)
        for (const isCanary of canaryErrors) product *= isCanary ? theta / w : (1 - theta) / (1 - w)
      }
      process += product / rateRatios.length
    }
    evidence += (shares[start] as number) * (process - 1)
  })
  return evidence
}

const summed = ({ weight, canaryErrors }: { weight: number; canaryErrors: readonly boolean[] }): EventsAt => {
  const canary = canaryErrors.filter(Boolean).length
  return { weight, canary, stable: canaryErrors.length - canary }
}

const withOneMore = (epochs: readonly EventsAt[], arm: 'stable' | 'canary'): EventsAt[] => {
  const last = epochs.at(-1) as EventsAt
  return [...epochs.slice(0, -1), { ...last, [arm]: last[arm] + 1 }]
}

describe('logEvidence', () => {
  it('is the logarithm of what error by error multiplies to', () => {
    const epochs = fc.array(fc.record({ weight: weights, canaryErrors: fc.array(fc.boolean(), { maxLength: 15 }) }), { maxLength: 5 })
    fc.assert(
      fc.property(epochs, (given) => {
        expect(logEvidence(given.map(summed))).toBeCloseTo(Math.log(naiveEvidence(given)), 9)
      }),
    )
  })

  it('is a martingale: what the next error is expected to make of it is what it is', () => {
    const epochs = fc.array(fc.record({ weight: weights, stable: counts, canary: counts }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(epochs, (given) => {
        const w = (given.at(-1) as EventsAt).weight / 100
        const next = logAdd(
          Math.log(w) + logEvidence(withOneMore(given, 'canary')),
          Math.log1p(-w) + logEvidence(withOneMore(given, 'stable')),
        )
        expect(next).toBeCloseTo(logEvidence(given), 6)
      }),
    )
  })

  it('does not change when an epoch begins', () => {
    const epochs = fc.array(fc.record({ weight: weights, stable: counts, canary: counts }), { maxLength: 5 })
    fc.assert(
      fc.property(epochs, weights, (given, weight) => {
        expect(logEvidence([...given, { weight, stable: 0, canary: 0 }])).toBeCloseTo(logEvidence(given), 9)
      }),
    )
  })

  it('starts at 0 and learns nothing where one arm has all the traffic', () => {
    const some = { weight: 10, stable: 20, canary: 9 }
    expect(logEvidence([])).toBe(0)
    expect(logEvidence([{ weight: 10, stable: 0, canary: 0 }])).toBeCloseTo(0, 12)
    for (const weight of [0, 100]) {
      expect(logEvidence([{ weight, stable: 50, canary: 50 }])).toBeCloseTo(0, 12)
      expect(logEvidence([some, { weight, stable: 500, canary: 500 }])).toBeCloseTo(logEvidence([some]), 12)
      expect(logNonInferiority({ weight, stable: 50, canary: 50 })).toBe(0)
    }
  })

  it.each([1, 10, 50, 90])('reaches 1/α with a chance of α at most at weight %d, by exact calculation over 600 errors', (weight) => {
    const chance = chanceToReach(
      600,
      weight / 100,
      (errors, canary) => logEvidence([{ weight, canary, stable: errors - canary }]) >= enough,
    )
    expect(chance).toBeLessThanOrEqual(alpha)
    expect(chance).toBeGreaterThan(alpha / 10) // the bound is no empty one
  })

  it('keeps the promise over a rollout of four steps in which the common rate of errors jumps', () => {
    const random = new SeededRandom(20_221)
    const rollouts = 2_000
    let reached = 0
    for (let rollout = 0; rollout < rollouts; rollout++) {
      const epochs: EventsAt[] = []
      for (const weight of [10, 25, 50, 75]) {
        epochs.push({ weight, stable: 0, canary: 0 })
        const errors = Math.floor(random.next() ** 3 * 200) // few in most steps, many in some
        for (let error = 0; error < errors && logEvidence(epochs) < enough; error++) {
          epochs[epochs.length - 1] = withOneMore(epochs, random.next() * 100 < weight ? 'canary' : 'stable').at(-1) as EventsAt
        }
      }
      if (logEvidence(epochs) >= enough) reached++
    }
    // Where the chance were twice what is promised, fewer than 1 in 1,000 seeds would pass.
    expect(reached).toBeLessThanOrEqual(rollouts * alpha)
    expect(reached).toBeGreaterThan(0)
  })

  it('needs two errors more than without a past when the canary breaks after a long good time', () => {
    const errorsNeeded = (past: readonly EventsAt[]) => {
      let canary = 0
      while (logEvidence([...past, { weight: 25, stable: 0, canary }]) < enough) canary++
      return canary
    }
    const fresh = errorsNeeded([])
    expect(fresh).toBe(5)
    expect(errorsNeeded([{ weight: 10, stable: 9_000, canary: 1_000 }])).toBe(fresh + 2)
    // What it was better than stable before is no credit either.
    expect(errorsNeeded([{ weight: 10, stable: 9_000, canary: 10 }])).toBe(fresh + 2)
  })

  it('stays finite for hundreds of millions of errors', () => {
    for (const [stable, canary] of [[5e8, 0] as const, [0, 5e8] as const, [9e8, 1e8] as const]) {
      const evidence = logEvidence([{ weight: 10, stable, canary }, { weight: 25, stable, canary }]) // prettier-ignore
      expect(Number.isFinite(evidence)).toBe(true)
    }
  })
})

describe('logNonInferiority', () => {
  const worse = (ratio: number, weight: number) => (weight * ratio) / (weight * ratio + 100 - weight)
  const passes = (weight: number) => (errors: number, canary: number) =>
    logNonInferiority({ weight, canary, stable: errors - canary }) >= Math.log(1 / nonInferiorityBeta)

  it.each([1, 10, 50])(
    'takes a canary that is 1.5 times as bad, or worse, for a good one with a chance of β at most at weight %d',
    (weight) => {
      const atTheBorder = chanceToReach(3_000, worse(nonInferiorityRatio, weight), passes(weight))
      expect(atTheBorder).toBeLessThanOrEqual(nonInferiorityBeta)
      expect(atTheBorder).toBeGreaterThan(nonInferiorityBeta / 4)
      expect(chanceToReach(3_000, worse(2, weight), passes(weight))).toBeLessThan(atTheBorder / 3)
    },
  )

  it('comes to pass a canary that is as good as stable', () => {
    expect(chanceToReach(1_500, 0.1, passes(10))).toBeGreaterThan(0.99)
  })

  it('compares with any ratio', () => {
    const at = { weight: 20, stable: 30, canary: 4 }
    expect(logNonInferiority(at, 2)).toBeCloseTo(-Math.log((2 / 1.2) ** 4 * (1 / 1.2) ** 30), 9)
  })
})
