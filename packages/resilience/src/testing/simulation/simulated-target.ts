import type { Clock, Random } from '@hazeljs/core'
import type { CallContext } from '../../policy.js'
import { latency } from '../latency.js'
import type { ResolvedPhase } from './options.js'

/** What the target answers: whatever else a call resolves with came from a policy. */
export const answer = Object.freeze({ from: 'the simulated target' })

/** The service behind the pipeline, which plays its phases. */
export class SimulatedTarget {
  readonly #phases: readonly ResolvedPhase[]
  readonly #capacity: number
  readonly #clock: Clock
  readonly #random: Random
  #running = 0

  constructor(phases: readonly ResolvedPhase[], capacity: number, clock: Clock, random: Random) {
    this.#phases = phases
    this.#capacity = capacity
    this.#clock = clock
    this.#random = random
  }

  async attempt({ cancellation }: CallContext): Promise<typeof answer> {
    const { minLatencyMs, maxLatencyMs, failureRate, hang } = this.#phase()
    // Both are drawn every time, so that a phase does not change the luck of those after it.
    const drawnMs = minLatencyMs + this.#random.next() * (maxLatencyMs - minLatencyMs)
    const fails = this.#random.next() * 100 < failureRate
    this.#running++
    try {
      await latency(this.#clock, hang ? Infinity : drawnMs * Math.max(1, this.#running / this.#capacity), cancellation)
    } finally {
      this.#running--
    }
    if (fails) throw new Error('The simulated target failed')
    return answer
  }

  #phase(): ResolvedPhase {
    const nowMs = this.#clock.now()
    return this.#phases.find(({ untilMs }) => nowMs < untilMs) as ResolvedPhase
  }
}
