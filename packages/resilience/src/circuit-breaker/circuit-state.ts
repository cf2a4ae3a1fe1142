/**
 * What a circuit does with calls. The first three follow from outcomes, the others are set by hand and stay until `CircuitBreaker.close()`.
 */
export const CircuitState = {
  /** Calls pass and are counted. */
  CLOSED: 'CLOSED',
  /** Calls are rejected until the reset time is over. */
  OPEN: 'OPEN',
  /** A few calls pass and decide between CLOSED and OPEN. */
  HALF_OPEN: 'HALF_OPEN',
  /** Calls are rejected. */
  FORCED_OPEN: 'FORCED_OPEN',
  /** Calls pass and nothing is counted. */
  DISABLED: 'DISABLED',
  /** Calls pass; the breaker counts what it would have rejected. */
  METRICS_ONLY: 'METRICS_ONLY',
} as const

export type CircuitState = (typeof CircuitState)[keyof typeof CircuitState]

export type ManualState = typeof CircuitState.FORCED_OPEN | typeof CircuitState.DISABLED | typeof CircuitState.METRICS_ONLY
