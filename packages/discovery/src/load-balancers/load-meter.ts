import type { Outcome } from '@hazeljs/resilience'
import type { Endpoint, EndpointGroup } from './strategy.js'

/** How loaded an endpoint is, by one measure: `least-connections` takes the less loaded. */
export interface LoadMeter {
  /** As {@link BalancingStrategy.timed}. */
  readonly timed: boolean
  update(group: EndpointGroup): void
  /** Negative where `one` is less loaded than `other`, 0 where they are alike. A load itself would be an object on the heap. */
  compare(one: Endpoint, other: Endpoint, nowMs: number): number
  settled(endpoint: Endpoint, outcome: Outcome, latencyMs: number, nowMs: number): void
}

/** The lower one of two; 0 of none. */
export function median(values: Float64Array): number {
  const sorted = values.sort()
  return sorted[(sorted.length - 1) >> 1] ?? 0
}
