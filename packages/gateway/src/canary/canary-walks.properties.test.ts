import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { CanaryConfig, CanaryPromotion } from '../config/canary-config.js'
import { CanaryEngine } from './canary-engine.js'
import type { CanaryStatus } from './canary-status.js'
import { replayDecisions } from './decisions.js'
import type { CanaryArmTally, CanaryTally } from './rollout/rollout.js'

type Move =
  | { readonly kind: 'hand'; readonly act: 'pause' | 'resume' | 'promote' | 'full' | 'rollback' | 'stop' | 'start' | 'divert' }
  | { readonly kind: 'traffic'; readonly requests: number; readonly stable: number; readonly canary: number; readonly slow: number }
  | { readonly kind: 'time'; readonly ms: number }

const stepMs = 10_000

const moves = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: handMove() },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('traffic' as const),
        requests: fc.integer({ min: 1, max: 500 }),
        stable: fc.constantFrom(0, 0, 0.01, 0.5),
        canary: fc.constantFrom(0, 0, 0.01, 0.02, 0.6),
        slow: fc.constantFrom(0, 0.05, 0.5),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 3 * stepMs }) }) },
  ),
  { maxLength: 40 },
)

/** Rollbacks are rare, lest walks are short. */
function handMove() {
  const act = fc.constantFrom(
    'pause',
    'resume',
    'resume',
    'promote',
    'promote',
    'promote',
    'full',
    'rollback',
    'stop',
    'start',
    'start',
    'divert',
  )
  return fc.record({ kind: fc.constant('hand' as const), act })
}

const promotions: fc.Arbitrary<CanaryPromotion> = fc.record(
  {
    strategy: fc.constantFrom('error-rate' as const, 'latency' as const),
    steps: fc.constantFrom([10, 25, 50, 100], [0, 100], [0, 33.3, 100], [100]),
    stepInterval: fc.constant(stepMs),
    autoPromote: fc.boolean(),
    autoRollback: fc.boolean(),
    errorThreshold: fc.constantFrom(0, 5, 100),
    latencyThreshold: fc.constantFrom(20, 200),
    minRequests: fc.constantFrom(1, 100),
    falseRollbackRate: fc.constantFrom(0.001, 1, 50),
    confirm: fc.constantFrom(
      () => true,
      () => false,
      () => Promise.resolve(true),
    ),
  },
  { requiredKeys: ['strategy', 'steps', 'stepInterval'] },
)

it('on random walks never revives a canary, nor splits otherwise than by its steps, and says the same of each decision again', async () => {
  await fc.assert(
    fc.asyncProperty(promotions, moves, fc.constantFrom(0, 10, 33.3), fc.integer(), async (promotion, walk, weight, seed) => {
      const config: CanaryConfig = {
        stable: { version: '1', weight: 100 - weight },
        canary: { version: '2', weight },
        promotion,
      }
      const clock = new FakeClock()
      const random = new SeededRandom(seed)
      const engine = new CanaryEngine(config, { clock, random })
      const events: string[] = []
      for (const name of ['canary:promote', 'canary:complete', 'canary:rollback', 'canary:paused'] as const)
        engine.on(name, (change) => events.push(`${name} ${change.previousWeight}→${change.weight}`))
      engine.start()
      let before = engine.getStatus()
      for (const move of walk) {
        await makeMove(engine, clock, random, move, before)
        const now = engine.getStatus()
        checkChange(before, now, [weight, 0, ...(promotion.steps ?? [])])
        before = now
      }
      expect(events).toEqual([...events].filter((event, at) => event !== events[at - 1] || event.startsWith('canary:paused')))
      expect(events.filter((event) => event.startsWith('canary:complete')).length).toBeLessThanOrEqual(1)
      expect(events.filter((event) => event.startsWith('canary:rollback')).length).toBe(before.state === 'ROLLED_BACK' ? 1 : 0)
      const decisions = JSON.parse(JSON.stringify(engine.getDecisions())) as ReturnType<CanaryEngine['getDecisions']>
      for (const { agrees, verdict, decision } of replayDecisions(config, decisions)) {
        expect(agrees).toBe(true)
        expect(verdict.reason).toBe(decision.reason)
      }
      await engine.close()
      expect(clock.pendingTimers).toBe(0)
    }),
    { numRuns: 40 },
  )
}, 30_000)

async function makeMove(engine: CanaryEngine, clock: FakeClock, random: SeededRandom, move: Move, before: CanaryStatus): Promise<void> {
  if (move.kind === 'time') await clock.advance(move.ms)
  else if (move.kind === 'traffic') {
    for (let i = 0; i < move.requests; i++) {
      const assignment = engine.assign([], '')
      expect(before.canaryWeight === 0 && assignment.arm === 'canary').toBe(false)
      const isFailure = random.next() < move[assignment.arm]
      engine.record(assignment, isFailure ? 'failure' : 'success', random.next() < move.slow ? 100 : 5)
    }
  } else if (move.act === 'stop' || move.act === 'start' || move.act === 'divert') engine[move.act]()
  else if (before.state === 'ROLLED_BACK' && move.act !== 'pause' && move.act !== 'rollback')
    expect(() => (move.act === 'resume' ? engine.resume() : engine.promote({ full: move.act === 'full' }))).toThrow(
      expect.objectContaining({ code: 'CANARY_ROLLED_BACK' }),
    )
  else if (move.act === 'full') engine.promote({ full: true })
  else engine[move.act]()
}

function checkChange(before: CanaryStatus, now: CanaryStatus, weights: readonly number[]): void {
  if (before.state === 'ROLLED_BACK') expect(now).toMatchObject({ state: 'ROLLED_BACK', canaryWeight: 0, changedAt: before.changedAt })
  if (before.state === 'PROMOTED') expect(['PROMOTED', 'ROLLED_BACK']).toContain(now.state)
  expect(now.state === 'PROMOTED').toBe(now.canaryWeight === 100)
  expect(weights).toContain(now.canaryWeight)
  expect(now.stableWeight + now.canaryWeight).toBeCloseTo(100, 9)
  if (now.state !== 'ROLLED_BACK') expect(now.canaryWeight).toBeGreaterThanOrEqual(before.canaryWeight)
  if (now.changedAt === before.changedAt && now.canaryWeight === before.canaryWeight && now.state === before.state)
    grows(before.tally, now.tally)
}

function grows(before: CanaryTally, now: CanaryTally): void {
  for (const arm of ['stable', 'canary'] as const)
    for (const count of Object.keys(before[arm]) as (keyof CanaryArmTally)[])
      expect(now[arm][count]).toBeGreaterThanOrEqual(before[arm][count])
}
