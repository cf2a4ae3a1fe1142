import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CanaryState } from '../canary-state.js'
import type { RolloutState } from '../rollout/rollout.js'
import { members, paused, rolledBack, rolloutId, stepTo, tallyOf } from './shared-rollout.fixture.js'

const memberCount = 3
const anyMember = fc.nat(memberCount - 1)
const faults = {
  away: () => Promise.reject(new Error('away')),
  hang: () => new Promise<never>(() => undefined),
  lateAnswers: async (call: () => Promise<unknown>) => {
    const answer = await call()
    await Promise.resolve()
    throw new Error(`the answer was lost: ${typeof answer}`)
  },
}
const moves = { step: (rollout: RolloutState) => stepTo(rollout.weight + 1, rollout), paused, rolledBack }

const anyEvent = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3_000 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('count' as const), member: anyMember }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('break' as const), member: anyMember, how: fc.constantFrom(...Object.values(faults)) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('heal' as const), member: anyMember }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('decide' as const),
      member: anyMember,
      move: fc.constantFrom('step', 'paused', 'rolledBack'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('force' as const), member: anyMember, move: fc.constantFrom('step', 'paused', 'rolledBack') }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lose' as const) }) },
)

it('whatever fails and whoever decides: all agree in the end, no step is undone, no rollback revived, nothing counted lost or twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent, { minLength: 10, maxLength: 40, size: 'max' }), async (events) => {
      const { clock, memory, all, begin, kept } = members(memberCount)
      await begin()
      const moved = (rollout: RolloutState, move: string) =>
        rollout.state === CanaryState.ROLLED_BACK ? rollout : moves[move as keyof typeof moves](rollout)
      for (const event of events) {
        if (event.kind === 'wait') await clock.advance(event.ms)
        else if (event.kind === 'lose') await memory.remove(rolloutId)
        else {
          const { host, store, rollout } = all[event.member]!
          if (event.kind === 'break') store.break(event.how)
          else if (event.kind === 'heal') store.heal()
          else if (event.kind === 'count') host.ownTally = tallyOf(host.ownTally.canary.requests + 1)
          else {
            const next = moved(host.rollout, event.move)
            if (event.kind === 'force' && next !== host.rollout) {
              // As an engine does it by hand: here at once.
              if (next.epoch !== host.rollout.epoch) host.ownTally = tallyOf(0)
              host.rollout = next
            }
            void rollout.propose(next, event.kind === 'decide')
          }
        }
      }
      for (const { store } of all) store.heal()
      await clock.advance(15_000)

      const { rollout: stored, tally } = await kept()
      for (const { host, rollout } of all) {
        expect(host.rollout).toEqual(stored)
        expect(rollout.isConnected).toBe(true)
        expect(host.requests).toBe(tally.canary.requests)
        const states = host.adopted.map(({ rollout: { state } }) => state)
        const rolledBackAt = states.indexOf(CanaryState.ROLLED_BACK)
        const finished = rolledBackAt < 0 ? states.length : rolledBackAt
        expect(new Set(states.slice(finished)).size).toBeLessThan(2)
        // A rollback wins, also against steps that were taken by hand elsewhere.
        const epochs = host.adopted.slice(0, finished).map(({ rollout: { epoch } }) => epoch)
        expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
      }
      expect(tally.canary.requests).toBe(all.reduce((sum, { host }) => sum + host.ownTally.canary.requests, 0))
      expect(all.filter(({ host, rollout }) => host.adopted.at(-1)?.leader === rollout.member)).toHaveLength(1)
      for (const { rollout } of all) await rollout.close()
      expect(clock.pendingTimers).toBe(0)
    }),
    { numRuns: 1000 },
  )
}, 60_000)
