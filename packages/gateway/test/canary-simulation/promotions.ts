import type { SeededRandom } from '@hazeljs/core/testing'
import { type EventsAt, logEvidence, logNonInferiority, nonInferiorityBeta } from '../../src/canary/judge/rate-comparison.js'
import { logBelow } from '../../src/canary/judge/rate-tests.js'
import { defaultErrorBound, defaultMinRequests } from '../../src/canary/judge/judging-rules.js'
import { alpha } from './rollback-rules.js'
import { streamOf } from './rollbacks.js'
import type { Rates } from './scenarios.js'

export const weights = [10, 25, 50, 75]

/** How long a step is, in requests of both arms. */
export interface StepLength {
  /** 0: a step is taken as soon as the evidence allows it, so no time holds a canary that is promoted wrongly. */
  readonly atLeast: number
  /** A step that lasts so long without a decision is inconclusive. */
  readonly atMost: number
}

export const requestsBetweenLooks = 200

export type Ending = 'promoted' | 'rolled back' | 'inconclusive'

export interface Promotions {
  /** From 0 to 1; they sum to 1. */
  readonly shares: Readonly<Record<Ending, number>>
  /** Requests of both arms that promoted rollouts had in each step, in the middle. */
  readonly medianRequests: readonly (number | undefined)[]
}

/** Simulates rollouts through all the steps, as decision 0007 promotes, with the defaults. */
export function promotions(rates: Rates, rollouts: number, seed: number, length: StepLength): Promotions {
  const endings: Record<Ending, number> = { promoted: 0, 'rolled back': 0, inconclusive: 0 }
  const requests: number[][] = weights.map(() => [])
  for (let rollout = 0; rollout < rollouts; rollout++) {
    const { ending, requestsInSteps } = rollOut(rates, streamOf(seed, rollout), length)
    endings[ending]++
    if (ending === 'promoted') requestsInSteps.forEach((count, step) => requests[step]?.push(count))
  }
  const share = (ending: Ending) => endings[ending] / rollouts
  return {
    shares: { promoted: share('promoted'), 'rolled back': share('rolled back'), inconclusive: share('inconclusive') },
    medianRequests: requests.map((counts) => counts.sort((a, b) => a - b)[counts.length >> 1]),
  }
}

export interface Course {
  readonly ending: Ending
  /** Of both arms, in the steps that were passed. */
  readonly requestsInSteps: readonly number[]
}

/** What the engine does with its defaults, without the engine. */
export function rollOut(rates: Rates, random: SeededRandom, length: StepLength): Course {
  const past: EventsAt[] = []
  const requestsInSteps: number[] = []
  for (const weight of weights) {
    const events = { weight, stable: 0, canary: 0 }
    const epochs = [...past, events]
    const passage = passStep(rates, { events, epochs, length }, random)
    if (typeof passage === 'string') return { ending: passage, requestsInSteps }
    requestsInSteps.push(passage)
    past.push(events)
  }
  return { ending: 'promoted', requestsInSteps }
}

interface Counted extends EventsAt {
  stable: number
  canary: number
}

interface Step {
  readonly events: Counted
  /** All of them so far, this one included. */
  readonly epochs: readonly EventsAt[]
  readonly length: StepLength
}

/** How many requests it takes until the next step may be taken; or how the rollout ends in this one. */
function passStep(rates: Rates, { events, epochs, length }: Step, random: SeededRandom): number | Ending {
  const share = events.weight / 100
  let ofCanary = 0
  for (let request = 1; request <= length.atMost; request++) {
    const drawn = random.next()
    const isCanary = drawn < share
    if (isCanary) ofCanary++
    if (isCanary ? drawn < share * rates.canary : drawn < share + (1 - share) * rates.stable) {
      events[isCanary ? 'canary' : 'stable']++
      if (logEvidence(epochs) >= -Math.log(alpha)) return 'rolled back'
    }
    if (request % requestsBetweenLooks === 0 && request >= length.atLeast && mayStep(events, ofCanary)) return request
  }
  return 'inconclusive'
}

function mayStep(events: EventsAt, ofCanary: number): boolean {
  if (ofCanary < defaultMinRequests) return false
  const isNoWorse = logNonInferiority(events) >= -Math.log(nonInferiorityBeta)
  return isNoWorse || logBelow(defaultErrorBound / 100, ofCanary, events.canary) >= Math.log(20)
}
