import { type Clock, type Random, type ServiceInstance, systemClock, systemRandom } from '@hazeljs/core'
import type { HostHealth } from '../health/outlier/host-health.js'
import { defaultPanicThreshold, type ResolvedBalancing } from './balancing-options.js'
import { anyone, type CountedEndpoint, CountedGroup } from './counted-endpoint.js'
import { CountedLease, type Lease, TimedLease } from './lease.js'
import { Ledger } from './ledger.js'
import { Membership } from './membership.js'
import { SlowStart } from './slow-start.js'
import type { BalancingStrategy, PickContext } from './strategy.js'
import { drawnClientId, Subsetting } from './subsetting.js'

const anyCall: PickContext = {}

/** An instance in doubt gets its next call after this time, whether the one before has ended or not: a stream may last for hours. */
export const trialMs = 1_000
/** So many others are asked for in the place of instances on trial, before a call goes to one of those after all. */
const maxDetours = 3

export interface LoadBalancerParts extends Partial<ResolvedBalancing> {
  readonly clock?: Clock
  readonly random?: Random
  /** Whose ejections are heeded and who is told outcomes. Default: nobody. */
  readonly hostHealth?: HostHealth | undefined
}

/**
 * Picks among the instances of one service and subset, and counts what it picked. Who can be picked is decided here, in this order: status,
 * subsetting, ejection, slow start; the strategy chooses among them.
 */
export class LoadBalancer {
  readonly #strategy: BalancingStrategy
  readonly #isTimed: boolean
  readonly #clock: Clock
  readonly #random: Random
  readonly #subsetting: Subsetting | undefined
  readonly #panicShare: number
  readonly #slowStart: SlowStart | undefined
  readonly #membership: Membership
  readonly #heedsEjections: boolean
  readonly #group = new CountedGroup(anyone)
  readonly #ledger: Ledger
  #members: readonly ServiceInstance[] = []
  #instances: readonly ServiceInstance[] | undefined
  #isFilled = false

  /** @param makeStrategy called once, or twice where there is a slow start: once more for the instances that are warm */
  constructor(makeStrategy: () => BalancingStrategy, parts: LoadBalancerParts = {}) {
    this.#strategy = makeStrategy()
    this.#isTimed = this.#strategy.timed === true
    this.#clock = parts.clock ?? systemClock
    this.#random = parts.random ?? systemRandom
    this.#panicShare = (parts.panicThreshold ?? defaultPanicThreshold) / 100
    this.#slowStart = parts.slowStart && new SlowStart(parts.slowStart, makeStrategy())
    this.#subsetting = parts.subsetting && new Subsetting(parts.subsetting.size, parts.subsetting.clientId ?? drawnClientId(this.#random))
    this.#membership = new Membership(parts.hostHealth)
    this.#heedsEjections = parts.hostHealth !== undefined
    this.#ledger = new Ledger(this.#group, this.#strategy, this.#slowStart)
  }

  /** The instances that it picks from: UP, in this client's subset, and not ejected unless too many are. */
  get instances(): readonly ServiceInstance[] {
    return (this.#instances ??= Object.freeze(this.#group.endpoints.map(({ instance }) => instance)))
  }

  /** Leases that were not released, of {@link instances}. */
  get inFlight(): number {
    return this.#group.inFlight
  }

  /** Takes over the instances of the subset, whatever their status; only those that are UP will be picked. Counts and turns survive. */
  update(told: readonly ServiceInstance[]): void {
    // The caller may go on with its own list, and what changed is found by comparing with this one.
    const members = Object.isFrozen(told) ? told : [...told]
    const marksNewcomers = this.#slowStart !== undefined && this.#isFilled
    this.#membership.update(members, marksNewcomers ? this.#clock.now() : -Infinity)
    this.#isFilled ||= members.length > 0
    this.#members = members
    this.#arrange()
  }

  /** To be called when ejections changed. */
  refresh(): void {
    this.#arrange()
  }

  /** Picks an instance and counts a call to it, in one step. `undefined` when none is UP. */
  pick(context: PickContext = anyCall): Lease | undefined {
    const nowMs = this.#nowMs()
    const endpoint = this.#choose(context, nowMs)
    if (endpoint === undefined) return undefined
    const ledger = this.#ledger
    ledger.open(endpoint)
    const lease = this.#isTimed ? new TimedLease(endpoint, ledger, this.#clock, nowMs) : new CountedLease(endpoint, ledger)
    if (endpoint.record?.doubtful === true && !this.#isOnTrial(endpoint)) {
      endpoint.trial = lease
      endpoint.trialAtMs = this.#clock.now()
    }
    return lease
  }

  /** Picks an instance without counting a call. */
  select(context: PickContext = anyCall): ServiceInstance | undefined {
    return this.#choose(context, this.#nowMs())?.instance
  }

  #nowMs(): number {
    return this.#isTimed || this.#slowStart?.isWarming === true ? this.#clock.now() : 0
  }

  #choose(context: PickContext, nowMs: number): CountedEndpoint | undefined {
    const slowStart = this.#slowStart
    if (slowStart !== undefined && nowMs >= slowStart.nextWarmMs) this.#arrange()
    const strategy = this.#strategy
    let chosen = strategy.choose(context, nowMs) as CountedEndpoint | undefined
    if (chosen === undefined && context.exclude !== undefined && this.#group.endpoints.length > 0) {
      chosen = strategy.choose(withoutExclusions(context), nowMs) as CountedEndpoint | undefined
    }
    if (chosen !== undefined && slowStart?.isWarming === true) chosen = slowStart.judge(chosen, context, nowMs, this.#random)
    return chosen !== undefined && this.#isOnTrial(chosen) ? this.#besides(chosen, context, nowMs) : chosen
  }

  /** Calls from before the doubt say nothing of how it is now, and are no trial. */
  #isOnTrial({ record, trial, trialAtMs }: CountedEndpoint): boolean {
    return record?.doubtful === true && trial !== undefined && this.#clock.now() - trialAtMs < trialMs
  }

  /** Another that is not on trial, if one is found. */
  #besides(endpoint: CountedEndpoint, context: PickContext, nowMs: number): CountedEndpoint {
    const exclude = [...(context.exclude ?? []), endpoint.instance.id]
    const narrowed = { ...context, exclude }
    for (let detour = 0; detour < maxDetours; detour++) {
      const other = this.#strategy.choose(narrowed, nowMs) as CountedEndpoint | undefined
      if (other === undefined) break
      if (!this.#isOnTrial(other)) return other
      exclude.push(other.instance.id)
    }
    return endpoint
  }

  #arrange(): void {
    let endpoints: readonly CountedEndpoint[] = this.#membership.endpoints.filter(({ isUp }) => isUp)
    let members = this.#members
    if (this.#subsetting !== undefined) {
      endpoints = this.#subsetting.choose(endpoints)
      members = endpoints.map(({ instance }) => instance)
    }
    this.#group.replace(this.#heedsEjections ? this.#fit(endpoints) : endpoints, members)
    this.#instances = undefined
    this.#strategy.update(this.#group)
    this.#slowStart?.update(this.#group, this.#clock.now())
  }

  #fit(endpoints: readonly CountedEndpoint[]): readonly CountedEndpoint[] {
    const fit = endpoints.filter(({ record }) => record?.ejected !== true)
    return fit.length < endpoints.length * this.#panicShare ? endpoints : fit
  }
}

function withoutExclusions({ key, zone }: PickContext): PickContext {
  return { ...(key !== undefined && { key }), ...(zone !== undefined && { zone }) }
}
