import { FakeClock, ScriptedRandom } from '@hazeljs/core/testing'
import { expect, it } from 'vitest'
import { CanaryEngine } from './canary-engine.js'

it('compares what both arms do at the same time only: while stable serves for the canary, nothing counts', () => {
  const engine = new CanaryEngine(
    { stable: { version: '1', weight: 90 }, canary: { version: '2', weight: 10 }, promotion: { strategy: 'error-rate' } },
    { clock: new FakeClock(), random: new ScriptedRandom() },
  )
  engine.start()
  const counted = () => {
    const { stable, canary } = engine.getStatus().tally
    return [stable.requests, canary.requests]
  }
  engine.recordSuccess('stable', 1)
  engine.divert()
  engine.recordFailure('stable', 1)
  engine.recordSuccess('canary', 1)
  expect(counted()).toEqual([1, 0])
  engine.recordSuccess('canary', 1)
  engine.recordFailure('stable', 1)
  expect(counted()).toEqual([2, 1])
  engine.stop()
})
