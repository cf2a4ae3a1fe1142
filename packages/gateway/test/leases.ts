import { type BalancingStrategy, type Endpoint, LoadBalancerFactory } from '@hazeljs/discovery'
import type { Outcome } from '@hazeljs/resilience'

/** What a strategy sees of the gateway's leases. */
export interface WatchedLeases {
  /** Leases that were not released. */
  readonly open: number
  /** The verdicts on those that were, in order. */
  readonly outcomes: readonly Outcome[]
}

/** The name of a strategy that prefers the instance with the lowest `metadata.rank`, and the view of its leases. */
export function watchedLeases(name = 'watched'): WatchedLeases {
  const outcomes: Outcome[] = []
  const all = new Set<Endpoint>()
  LoadBalancerFactory.register(name, (): BalancingStrategy => {
    let ranked: Endpoint[] = []
    return {
      update: ({ endpoints }) => {
        ranked = [...endpoints].sort((a, b) => Number(a.instance.metadata.rank) - Number(b.instance.metadata.rank))
        for (const endpoint of endpoints) all.add(endpoint)
      },
      choose: ({ exclude }) => ranked.find(({ instance }) => exclude?.includes(instance.id) !== true),
      settled: (_endpoint, outcome) => outcomes.push(outcome),
    }
  })
  return {
    get open() {
      return [...all].reduce((sum, { inFlight }) => sum + inFlight, 0)
    },
    outcomes,
  }
}
