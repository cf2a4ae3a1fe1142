import type { ServiceInstance } from '@hazeljs/core'

export type EjectionReason = 'consecutive-failures' | 'failure-percentage'

/** An instance gets no traffic for a while, because calls to it failed. */
export interface Ejection {
  readonly instance: ServiceInstance
  readonly reason: EjectionReason
  /** Failures in a row, or within the interval, depending on the reason. */
  readonly failures: number
  /** When it returns, unless something readmits it earlier. */
  readonly durationMs: number
}

/**
 * - `time`: its ejection was over.
 * - `check`: an active check found it well.
 * - `status`: the registry told that it is UP again after it was not.
 * - `cap`: others left, and too large a share of those that remain was ejected.
 */
export type ReadmissionReason = 'time' | 'check' | 'status' | 'cap'

export interface Readmission {
  readonly instance: ServiceInstance
  readonly reason: ReadmissionReason
}

/** Told of each one; what it throws hurts nobody. */
export interface OutlierObserver {
  ejected?(ejection: Ejection): void
  readmitted?(readmission: Readmission): void
}
