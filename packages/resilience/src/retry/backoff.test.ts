import { ScriptedRandom, SeededRandom } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { backoffMs, leastPausesMs } from './backoff.js'
import type { Backoff, JitterKind } from './options.js'

const options = { backoff: 'exponential', baseDelayMs: 100, maxDelayMs: 1_000, jitter: 'none' } as const
const never = new ScriptedRandom()

const anyJitter = fc.constantFrom<JitterKind>('none', 'full', 'equal', 'decorrelated')
const anyBackoff = fc.constantFrom<Backoff>('fixed', 'linear', 'exponential')
const baseMs = fc.integer({ min: 0, max: 1_000 })

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

it('gives what the formulas of the AWS Architecture Blog give, "Exponential Backoff And Jitter"', () => {
  // sleep = random_between(0, min(cap, base * 2 ** attempt)); temp / 2 + random_between(0, temp / 2); min(cap, random_between(base, sleep * 3))
  const naive = (jitter: JitterKind, base: number, cap: number, attempt: number, sleep: number, drawn: number) => {
    const between = (low: number, high: number) => low + drawn * (high - low)
    let temp = base
    for (let doubling = 0; doubling < attempt; doubling++) temp = Math.min(cap, temp * 2)
    if (jitter === 'none') return temp
    if (jitter === 'full') return between(0, temp)
    return jitter === 'equal' ? temp / 2 + between(0, temp / 2) : Math.min(cap, between(base, sleep * 3))
  }
  fc.assert(
    fc.property(anyJitter, baseMs, baseMs, fc.integer(), (jitter, baseDelayMs, aboveMs, seed) => {
      const maxDelayMs = baseDelayMs + aboveMs
      const [ours, theirs] = [new SeededRandom(seed), new SeededRandom(seed)]
      let previousMs: number | undefined
      let sleep = baseDelayMs
      for (let retry = 1; retry <= 20; retry++) {
        previousMs = backoffMs({ backoff: 'exponential', jitter, baseDelayMs, maxDelayMs }, retry, previousMs, ours)
        sleep = naive(jitter, baseDelayMs, maxDelayMs, retry - 1, sleep, jitter === 'none' ? 0 : theirs.next())
        expect(previousMs).toBeCloseTo(sleep, 6)
      }
    }),
  )
})

it('stays between 0 and the maximum for any retry', () => {
  fc.assert(
    fc.property(anyJitter, anyBackoff, baseMs, baseMs, fc.integer(), (jitter, backoff, baseDelayMs, aboveMs, seed) => {
      const maxDelayMs = baseDelayMs + aboveMs
      const random = new SeededRandom(seed)
      let previousMs: number | undefined
      for (const retry of [1, 2, 3, 50, 1_000, 2_000]) {
        previousMs = backoffMs({ backoff, jitter, baseDelayMs, maxDelayMs }, retry, previousMs, random)
        expect(previousMs).toBeGreaterThanOrEqual(0)
        expect(previousMs).toBeLessThanOrEqual(maxDelayMs)
      }
    }),
  )
})

it('is still a pause after 10,000 retries, where cockatiel came to NaN (its #86) and Polly to a negative one (its #2163)', () => {
  const random = new SeededRandom(1)
  for (const jitter of ['none', 'equal', 'decorrelated'] as const) {
    let previousMs: number | undefined
    for (let retry = 1; retry <= 10_000; retry++) previousMs = backoffMs({ ...options, jitter }, retry, previousMs, random)
    expect(previousMs).toBeGreaterThanOrEqual(100)
    expect(previousMs).toBeLessThanOrEqual(1_000)
  }
})

it('never pauses less in all than it says, and no more than that where chance is kindest', () => {
  const retries = fc.integer({ min: 0, max: 12 })
  fc.assert(
    fc.property(
      anyJitter,
      anyBackoff,
      baseMs,
      baseMs,
      retries,
      fc.integer(),
      (jitter, backoff, baseDelayMs, aboveMs, maxAttempts, seed) => {
        const terms = { backoff, jitter, baseDelayMs, maxDelayMs: baseDelayMs + aboveMs, maxAttempts }
        const total = (random: { next(): number }) => {
          let [sum, previousMs] = [0, undefined as number | undefined]
          for (let retry = 1; retry <= maxAttempts; retry++) sum += previousMs = backoffMs(terms, retry, previousMs, random)
          return sum
        }
        expect(leastPausesMs(terms)).toBeLessThanOrEqual(total(new SeededRandom(seed)) + 1e-6)
        expect(leastPausesMs(terms)).toBeCloseTo(total({ next: () => 0 }), 6)
      },
    ),
  )
})
