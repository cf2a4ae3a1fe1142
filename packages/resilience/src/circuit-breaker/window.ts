/** The recent outcomes of a circuit as running totals. Recording and reading are O(1) and allocate nothing. */
export interface OutcomeWindow {
  /** `nowMs` is on a monotonic clock; a window of calls does not look at it. */
  record(failed: boolean, slow: boolean, nowMs: number): void
  /** Forgets what has left the window by `nowMs`. Read the totals after it. */
  advance(nowMs: number): void
  readonly calls: number
  readonly failures: number
  readonly slowCalls: number
  clear(): void
}
