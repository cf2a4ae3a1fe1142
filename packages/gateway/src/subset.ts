import type { ServiceFilter } from '@hazeljs/core'
import type { InstancePicker } from '@hazeljs/discovery'
import type { AdaptiveConcurrencyLimiter, Bulkhead, CircuitBreaker, MetricsCollector } from '@hazeljs/resilience'

/**
 * The instances of a route's service that one request may go to: all of them, those of a version, or those of a canary arm. Breaker,
 * bulkhead, adaptive limit and metrics are kept per subset, so a failing canary never cuts off stable.
 */
export interface Subset {
  /** The version or the canary arm's version; `undefined` where the route has but one subset. */
  readonly version: string | undefined
  /** Which instances these are; `undefined`: all of them. */
  readonly filter: ServiceFilter | undefined
  readonly picker: InstancePicker
  readonly breaker: CircuitBreaker | undefined
  readonly bulkhead: Bulkhead | undefined
  readonly adaptive: AdaptiveConcurrencyLimiter | undefined
  readonly metrics: MetricsCollector | undefined
}

/** Whether it has an instance, and a circuit that lets a request through now. */
export function canServe({ picker, breaker }: Subset): boolean {
  return picker.instances.length > 0 && (breaker === undefined || breaker.getTimeUntilNextAttempt() === 0)
}
