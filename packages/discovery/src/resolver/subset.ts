import type { ServiceFilter, ServiceInstance } from '@hazeljs/core'
import { filterKey, matches } from '../filter.js'
import type { LoadBalancer } from '../load-balancers/load-balancer.js'
import type { Snapshot } from './snapshot.js'

export type BalancerMaker = (strategy: string) => LoadBalancer

/** The instances of a service that a filter means, with a balancer for each strategy in use. */
export class Subset {
  /** How many pickers use it. */
  pickers = 0
  readonly #filter: ServiceFilter | undefined
  readonly #makeBalancer: BalancerMaker
  readonly #balancers = new Map<string, LoadBalancer>()
  #instances: Snapshot = []
  #members: Snapshot = []

  constructor(filter: ServiceFilter | undefined, makeBalancer: BalancerMaker) {
    this.#filter = filter
    this.#makeBalancer = makeBalancer
  }

  update(instances: Snapshot): void {
    const members = this.#filter === undefined ? instances : this.#matching(instances, this.#filter)
    this.#instances = instances
    if (areSame(members, this.#members)) return
    this.#members = members
    for (const balancer of this.#balancers.values()) balancer.update(members)
  }

  /** Ejections changed. */
  refresh(): void {
    for (const balancer of this.#balancers.values()) balancer.refresh()
  }

  /** @throws {DiscoveryError} `UNKNOWN_STRATEGY`. */
  balancer(strategy: string): LoadBalancer {
    const known = this.#balancers.get(strategy)
    if (known !== undefined) return known
    const balancer = this.#makeBalancer(strategy)
    balancer.update(this.#members)
    this.#balancers.set(strategy, balancer)
    return balancer
  }

  /** Asks the filter only about instances that are not those of the last update: both lists are ordered by id. */
  #matching(instances: Snapshot, filter: ServiceFilter): Snapshot {
    const before = this.#instances
    const membersBefore = this.#members
    const members: ServiceInstance[] = []
    let b = 0
    let m = 0
    for (const instance of instances) {
      while (b < before.length && before[b] !== instance && (before[b] as ServiceInstance).id <= instance.id) {
        if (before[b] === membersBefore[m]) m++
        b++
      }
      if (before[b] !== instance) {
        if (matches(instance, filter)) members.push(instance)
        continue
      }
      if (instance === membersBefore[m]) {
        members.push(instance)
        m++
      }
      b++
    }
    return members
  }
}

function areSame(a: Snapshot, b: Snapshot): boolean {
  return a === b || (a.length === b.length && a.every((instance, index) => instance === b[index]))
}

/** Subsets that no picker holds are kept for their balancers' state, but not without end: filters may come from requests. */
export const maxIdleSubsets = 256

/** The subsets of one service by their filter. They are computed when the instances change, not when somebody asks. */
export class Subsets {
  readonly #makeBalancer: BalancerMaker
  readonly #byFilter = new Map<string, Subset>()
  #instances: Snapshot = []

  constructor(makeBalancer: BalancerMaker) {
    this.#makeBalancer = makeBalancer
  }

  update(instances: Snapshot): void {
    this.#instances = instances
    for (const subset of this.#byFilter.values()) subset.update(instances)
  }

  /** Ejections changed. */
  refresh(): void {
    for (const subset of this.#byFilter.values()) subset.refresh()
  }

  get(filter: ServiceFilter | undefined): Subset {
    const key = filterKey(filter)
    const known = this.#byFilter.get(key)
    if (known !== undefined) {
      // The map's order is that of the last use.
      this.#byFilter.delete(key)
      this.#byFilter.set(key, known)
      return known
    }
    if (this.#byFilter.size >= maxIdleSubsets) this.#dropOldestIdle()
    const subset = new Subset(filter === undefined ? undefined : structuredClone(filter), this.#makeBalancer)
    subset.update(this.#instances)
    this.#byFilter.set(key, subset)
    return subset
  }

  #dropOldestIdle(): void {
    for (const [key, subset] of this.#byFilter) {
      if (subset.pickers > 0) continue
      this.#byFilter.delete(key)
      return
    }
  }
}
