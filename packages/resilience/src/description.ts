/** What a policy does, in numbers that a reader and the linter of orders understand. Durations are in milliseconds. */
export interface PolicyDescription {
  /** The class's name, such as `Timeout`. */
  readonly policy: string
  /** One line of its options that matter, such as `retries: 3, exponential from 200 ms to 2 s`. Empty: nothing is known of them. */
  readonly summary: string
  /** The time it gives to what it guards, where it is limited. */
  readonly timeoutMs?: number | undefined
  /** How long a call waits in it at most, before what it guards begins, where that is limited. */
  readonly queueTimeoutMs?: number | undefined
  /** Calls it makes at most, one after the other, of what it guards. Missing means 1. */
  readonly attempts?: number | undefined
  /** The least that all of its pauses take together. */
  readonly leastPausesMs?: number | undefined
  /** When it makes a second copy of a call, where that is set. */
  readonly hedgeDelayMs?: number | undefined
  /** From when a call counts as slow, where that matters. */
  readonly slowCallMs?: number | undefined
  /** Whether failures of what it guards do not come out of it. */
  readonly swallowsFailures?: boolean | undefined
  /** Of a pipeline: its policies, outermost first. They take its place where it is printed or checked. */
  readonly policies?: readonly PolicyDescription[] | undefined
}
