import { ScriptedRandom, SeededRandom } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { backoffMs } from './backoff.js'
import type { Backoff, JitterKind } from './options.js'

const options = { backoff: 'exponential', baseDelayMs: 100, maxDelayMs: 1_000, jitter: 'none' } as const
const never = new ScriptedRandom()

function series(backoff: Backoff, retries = 5): number[] {
  return Array.from({ length: retries }, (_, index) => backoffMs({ ...options, backoff }, index + 1, undefined, never))
}

it('grows as the backoff says, up to the maximum', () => {
  expect(series('fixed')).toEqual([100, 100, 100, 100, 100])
  expect(series('linear', 11).slice(-3)).toEqual([900, 1_000, 1_000])
  expect(series('exponential')).toEqual([100, 200, 400, 800, 1_000])
})

it('strays between 0 and the pause with full jitter, and in its upper half with equal jitter', () => {
  const full = { ...options, jitter: 'full' } as const
  expect([0, 0.5, 0.75].map((drawn) => backoffMs(full, 2, undefined, new ScriptedRandom(drawn)))).toEqual([0, 100, 150])
  const equal = { ...options, jitter: 'equal' } as const
  expect([0, 0.5, 0.75].map((drawn) => backoffMs(equal, 2, undefined, new ScriptedRandom(drawn)))).toEqual([100, 150, 175])
})

it('decorrelates: from the base to three times the last pause', () => {
  const decorrelated = { ...options, jitter: 'decorrelated' } as const
  const draw = (previousMs: number | undefined, drawn: number) => backoffMs(decorrelated, 1, previousMs, new ScriptedRandom(drawn))
  expect([draw(undefined, 0), draw(undefined, 0.5), draw(200, 0.5), draw(900, 0.9), draw(10, 0.9)]).toEqual([100, 200, 350, 1_000, 100])
})

it('stays between 0 and the maximum for any retry, where cockatiel came to NaN (its issue 86)', () => {
  const jitters: readonly JitterKind[] = ['none', 'full', 'equal', 'decorrelated']
  const backoffs: readonly Backoff[] = ['fixed', 'linear', 'exponential']
  fc.assert(
    fc.property(
      fc.constantFrom(...jitters),
      fc.constantFrom(...backoffs),
      fc.integer({ min: 0, max: 1_000 }),
      fc.integer({ min: 0, max: 1_000 }),
      fc.integer(),
      (jitter, backoff, baseDelayMs, aboveMs, seed) => {
        const maxDelayMs = baseDelayMs + aboveMs
        const random = new SeededRandom(seed)
        let previousMs: number | undefined
        for (const retry of [1, 2, 3, 50, 1_000, 2_000]) {
          previousMs = backoffMs({ backoff, jitter, baseDelayMs, maxDelayMs }, retry, previousMs, random)
          expect(previousMs).toBeGreaterThanOrEqual(0)
          expect(previousMs).toBeLessThanOrEqual(maxDelayMs)
        }
      },
    ),
  )
})
