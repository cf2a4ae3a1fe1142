/** The recent outcomes of a circuit as running totals. Recording and reading are O(1) and allocate nothing. */
export interface OutcomeWindow {
  record(failed: boolean, slow: boolean): void
  /** Forgets what has left the window by now. Read the totals after it. */
  advance(): void
  readonly calls: number
  readonly failures: number
  readonly slowCalls: number
  clear(): void
}
