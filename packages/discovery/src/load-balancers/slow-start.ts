import { hash32, type Random } from '@hazeljs/core'
import type { ResolvedSlowStart } from './balancing-options.js'
import { anyone, type CountedEndpoint, CountedGroup, warmed } from './counted-endpoint.js'
import type { BalancingStrategy, PickContext } from './strategy.js'

const range = 0x1_0000_0000

/**
 * Who still warms up. A newcomer that the strategy chose gets the call with the probability that its age earns; else a second strategy of the
 * same kind, which knows only the warm ones, decides. So any strategy can be slowed, and under a sticky one a key stays where it was until
 * it moves to the newcomer, once.
 */
export class SlowStart {
  readonly #options: ResolvedSlowStart
  readonly #strategy: BalancingStrategy
  readonly #warm = new CountedGroup(warmed)
  #isWarming = false
  #nextWarmMs = Infinity

  /** `strategy`: for the warm ones. */
  constructor(options: ResolvedSlowStart, strategy: BalancingStrategy) {
    this.#options = options
    this.#strategy = strategy
  }

  /** Whether anybody warms up. */
  get isWarming(): boolean {
    return this.#isWarming
  }

  /** When the first of those that warm up has done so. */
  get nextWarmMs(): number {
    return this.#nextWarmMs
  }

  /** The warm ones, for whoever counts leases. */
  get warm(): CountedGroup {
    return this.#warm
  }

  get strategy(): BalancingStrategy {
    return this.#strategy
  }

  /** Where all are newcomers none is spared: nobody could take the calls in its place. */
  update({ endpoints, members }: CountedGroup, nowMs: number): void {
    const startedBefore = nowMs - this.#options.windowMs
    let cold = endpoints.filter(({ upSinceMs }) => upSinceMs > startedBefore)
    if (cold.length === endpoints.length) {
      for (const endpoint of cold) endpoint.upSinceMs = -Infinity
      cold = []
    }
    this.#isWarming = cold.length > 0
    this.#nextWarmMs = cold.reduce((earliest, { upSinceMs }) => Math.min(earliest, upSinceMs + this.#options.windowMs), Infinity)
    if (cold.length === 0) this.#warm.replace(endpoints, members)
    else {
      const coldOnes = new Set(cold)
      const coldInstances = new Set(cold.map(({ instance }) => instance))
      this.#warm.replace(
        endpoints.filter((endpoint) => !coldOnes.has(endpoint)),
        members.filter((instance) => !coldInstances.has(instance)),
      )
    }
    this.#strategy.update(this.#warm)
  }

  /** The endpoint itself, or a warm one in its place. */
  judge(endpoint: CountedEndpoint, context: PickContext, nowMs: number, random: Random): CountedEndpoint {
    if ((endpoint.groups & (anyone | warmed)) !== anyone) return endpoint
    const isKeyed = this.#strategy.sticky === true && context.key !== undefined
    const draw = isKeyed ? (hash32(context.key, hash32(endpoint.instance.id)) >>> 0) / range : random.next()
    if (draw < this.#weightOf(endpoint, nowMs)) return endpoint
    return (this.#strategy.choose(context, nowMs) as CountedEndpoint | undefined) ?? endpoint
  }

  #weightOf({ upSinceMs }: CountedEndpoint, nowMs: number): number {
    const { windowMs, minWeight, aggression } = this.#options
    const age = (nowMs - upSinceMs) / windowMs
    return Math.max(minWeight, aggression === 1 ? age : age ** (1 / aggression))
  }
}
