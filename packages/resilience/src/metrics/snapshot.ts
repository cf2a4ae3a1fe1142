/** What happened in the window. Times in milliseconds; all numbers are 0 where no call was made. */
export interface MetricsSnapshot {
  readonly totalCalls: number
  readonly successCalls: number
  readonly failureCalls: number
  /** Per cent. */
  readonly failureRate: number
  readonly averageResponseTime: number
  /** Nearest-rank percentiles, within 2 %. */
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly min: number
  readonly max: number
  /** Since the Unix epoch; also of a call before the window. `undefined`: none yet. */
  readonly lastCallTime: number | undefined
  /** The latest error that was recorded; also of a call before the window. */
  readonly lastError: Error | undefined
}
