import { FakeClock, type SeededRandom } from '@hazeljs/core/testing'
import { CanaryEngine } from '../../src/canary/canary-engine.js'
import { type Course, requestsBetweenLooks, weights } from './promotions.js'
import type { Rates } from './scenarios.js'

/** The engine looks at everything once in it, where a step's interval is at least ten times as long. */
const lookEveryMs = 1_000

/** A rollout through the steps by the engine itself, at a constant traffic of so many requests in a step's interval. */
export async function rollOutByEngine(rates: Rates, random: SeededRandom, requestsInInterval: number): Promise<Course> {
  const clock = new FakeClock()
  const engine = startEngine(clock, (requestsInInterval / requestsBetweenLooks) * lookEveryMs)
  const requestsInSteps: number[] = []
  let requests = 0
  while (engine.getStatus().state === 'ACTIVE') {
    const { canaryWeight } = engine.getStatus()
    requests += sendUntilLook(engine, canaryWeight / 100, rates, random)
    await clock.advance(lookEveryMs)
    if (engine.getStatus().canaryWeight <= canaryWeight) continue
    requestsInSteps.push(requests)
    requests = 0
  }
  const { state } = engine.getStatus()
  engine.stop()
  return { ending: state === 'PROMOTED' ? 'promoted' : state === 'PAUSED' ? 'inconclusive' : 'rolled back', requestsInSteps }
}

function startEngine(clock: FakeClock, stepInterval: number): CanaryEngine {
  const [first = 0] = weights
  const engine = new CanaryEngine(
    {
      stable: { version: '1', weight: 100 - first },
      canary: { version: '2', weight: first },
      promotion: { strategy: 'error-rate', steps: [...weights, 100], stepInterval },
    },
    { clock },
  )
  engine.start()
  return engine
}

/** How many were sent: fewer than usual if the canary is rolled back by them. */
function sendUntilLook(engine: CanaryEngine, share: number, rates: Rates, random: SeededRandom): number {
  for (let request = 1; request <= requestsBetweenLooks; request++) {
    const drawn = random.next()
    const arm = drawn < share ? 'canary' : 'stable'
    const failed = arm === 'canary' ? drawn < share * rates.canary : drawn < share + (1 - share) * rates.stable
    if (!failed) engine.recordSuccess(arm, 1)
    else {
      engine.recordFailure(arm, 1)
      if (engine.getStatus().state !== 'ACTIVE') return request
    }
  }
  return requestsBetweenLooks
}
