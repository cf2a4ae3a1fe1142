export type CanaryArmName = 'stable' | 'canary'

/** What one arm of a canary did since its engine was made. */
export interface CanaryArmMetrics {
  readonly totalCalls: number
  readonly successCalls: number
  readonly failureCalls: number
  /** Per cent; 0 without calls. */
  readonly failureRate: number
  /** Milliseconds; 0 without calls. */
  readonly averageResponseTime: number
}

export type CanaryMetrics = Readonly<Record<CanaryArmName, CanaryArmMetrics>>

/** Counts the calls of one arm. */
export class CanaryArmCounter {
  #successes = 0
  #failures = 0
  #totalMs = 0

  success(ms: number): void {
    this.#successes++
    this.#totalMs += ms
  }

  failure(ms: number): void {
    this.#failures++
    this.#totalMs += ms
  }

  snapshot(): CanaryArmMetrics {
    const totalCalls = this.#successes + this.#failures
    const share = (part: number) => (totalCalls === 0 ? 0 : part / totalCalls)
    return {
      totalCalls,
      successCalls: this.#successes,
      failureCalls: this.#failures,
      failureRate: share(this.#failures * 100),
      averageResponseTime: share(this.#totalMs),
    }
  }
}
