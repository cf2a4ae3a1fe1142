import type { CircuitState } from './circuit-state.js'

export interface CircuitBreakerEvents {
  /** A call succeeded; `result` is `undefined` where it threw what `failurePredicate` calls a success. */
  success: { readonly result: unknown }
  /** A call failed: it threw `error`, or resolved with a `result` that is a failure. */
  failure: { readonly error: unknown; readonly result: unknown }
  stateChange: { readonly from: CircuitState; readonly to: CircuitState }
}

/** Calls and rates of the window; rates in per cent. */
export interface CircuitBreakerMetrics {
  readonly state: CircuitState
  readonly totalCalls: number
  readonly successCalls: number
  readonly failureCalls: number
  readonly slowCalls: number
  readonly failureRate: number
  readonly slowCallRate: number
  /** Since the breaker was made or reset. */
  readonly rejectedCalls: number
  /** What METRICS_ONLY let through and CLOSED, OPEN and HALF_OPEN would not have. Since the breaker was made or reset. */
  readonly wouldHaveRejected: number
}
