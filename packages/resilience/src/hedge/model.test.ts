import { FakeClock } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { HedgeLostError } from '../errors.js'
import { RetryBudget } from '../retry/retry-budget.js'
import { Hedge } from './hedge.js'

interface Plan {
  readonly ms: number
  readonly fails: boolean
}

interface Seen {
  /** The number of the copy that decided, and whether it failed. */
  readonly decidedBy: number
  readonly failed: boolean
  readonly endedAt: number
  readonly begunAt: readonly number[]
  readonly aborted: readonly number[]
}

/** The rules, read aloud: every moment at which a copy is due or done, in turn. */
function naive(plans: readonly Plan[], delayMs: number, tokens: number): Seen {
  const begunAt = [0]
  const failed = new Set<number>()
  const due = plans.map((_, number) => number * delayMs).slice(1)
  let suppressed = false
  for (;;) {
    const running = begunAt.map((_, number) => number).filter((number) => !failed.has(number))
    const endOf = (number: number) => (begunAt[number] as number) + (plans[number] as Plan).ms
    const next = running.toSorted((a, b) => endOf(a) - endOf(b))[0] as number
    const nextDue = suppressed ? undefined : due[begunAt.length - 1]
    if (nextDue !== undefined && nextDue < endOf(next)) {
      if (begunAt.length > tokens) suppressed = true
      else begunAt.push(nextDue)
      continue
    }
    const { fails } = plans[next] as Plan
    if (fails) failed.add(next)
    const others = running.filter((number) => number !== next)
    if (!fails || others.length === 0) {
      return { decidedBy: next, failed: fails, endedAt: endOf(next), begunAt, aborted: others }
    }
  }
}

async function real(plans: readonly Plan[], delayMs: number, tokens: number): Promise<Seen> {
  const clock = new FakeClock()
  const budget = new RetryBudget({ ratio: 0, perSecond: tokens, memory: '1s' }, new FakeClock())
  const hedge = new Hedge({ delay: delayMs, maxHedges: plans.length - 1, budget }, clock)
  const begunAt: number[] = []
  const aborted: number[] = []
  let endedAt = Number.NaN
  const decided = await settled(
    hedge.execute(({ cancellation }) => {
      const number = begunAt.length
      const { ms, fails } = plans[number] as Plan
      begunAt.push(clock.now())
      return new Promise<number>((resolve, reject) => {
        const timer = clock.setTimer(() => (fails ? reject(new CopyFailure(number)) : resolve(number)), ms)
        cancellation.onAbort((reason) => {
          expect(reason).toBeInstanceOf(HedgeLostError)
          clock.clearTimer(timer)
          aborted.push(number)
          reject(reason)
        })
      })
    }),
    clock,
    () => (endedAt = clock.now()),
  )
  expect(clock.pendingTimers).toBe(0)
  expect(hedge.getMetrics()).toMatchObject({ calls: 1, hedges: begunAt.length - 1, won: !decided.failed && decided.decidedBy > 0 ? 1 : 0 })
  return { ...decided, endedAt, begunAt, aborted }
}

class CopyFailure extends Error {
  constructor(readonly number: number) {
    super()
  }
}

async function settled(outcome: Promise<number>, clock: FakeClock, onEnd: () => void) {
  const ending = outcome.then(
    (number) => ({ decidedBy: number, failed: false }),
    (error: unknown) => ({ decidedBy: (error as CopyFailure).number, failed: true }),
  )
  void ending.then(onEnd)
  await clock.advance(100_000)
  return ending
}

it('does what a naive model does: who decides, when, how many copies, and who is aborted', async () => {
  // Each copy ends at a millisecond of its own, and none when a copy is due, so that there is one order of events.
  const plan = (number: number) =>
    fc.record({ ms: fc.integer({ min: 0, max: 60 }).map((tens) => tens * 10 + number + 1), fails: fc.boolean() })
  const plans = fc.integer({ min: 2, max: 5 }).chain((count) => fc.tuple(...Array.from({ length: count }, (_, number) => plan(number))))
  await fc.assert(
    fc.asyncProperty(plans, fc.constantFrom(10, 50, 100, 200), fc.integer({ min: 0, max: 5 }), async (copies, delayMs, tokens) => {
      expect(await real(copies, delayMs, tokens)).toEqual(naive(copies, delayMs, tokens))
    }),
    { numRuns: 300 },
  )
})
