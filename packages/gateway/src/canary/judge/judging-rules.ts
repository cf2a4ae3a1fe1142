import { durationMs } from '@hazeljs/core'
import { defaultCanarySteps } from '../../config/defaults.js'
import type { CanaryConfig } from '../../config/canary-config.js'

export const defaultStepIntervalMs = 300_000
/** Requests of the canary in a step before it may take the next. */
export const defaultMinRequests = 100
/** Per cent. */
export const defaultFalseRollbackRate = 1
export const defaultLatencyPercentile = 95
/** Per cent; for promotions only, where no `errorThreshold` is given. */
export const defaultErrorBound = 1
/** A step without a decision for so many times its interval pauses the canary. */
export const inconclusiveAfterIntervals = 10

/** What judging goes by: a canary's configuration with its defaults, rates from 0 to 1 and durations in milliseconds. Plain JSON. */
export interface JudgingRules {
  readonly strategy: 'error-rate' | 'latency' | 'custom'
  readonly autoPromote: boolean
  readonly autoRollback: boolean
  /** α. */
  readonly falseRollbackRate: number
  readonly errorThreshold: number | undefined
  /** The canary is promoted when its rate of errors is known to be below it. */
  readonly errorBound: number
  readonly latencyThresholdMs: number | undefined
  /** The share of stable's requests that are slower than the percentile that is judged, as 0.05. */
  readonly slowRate: number
  readonly judgesLatency: boolean
  readonly latencyPercentile: 50 | 95 | 99
  readonly steps: readonly number[]
  readonly stepIntervalMs: number
  readonly minRequests: number
  readonly maxMirrorDiffRate: number | undefined
}

export function judgingRules({ promotion }: CanaryConfig): JudgingRules {
  const { strategy, errorThreshold, latencyThreshold, maxMirrorDiffRate } = promotion
  const latencyPercentile = promotion.latencyPercentile ?? defaultLatencyPercentile
  const threshold = errorThreshold === undefined ? undefined : errorThreshold / 100
  return Object.freeze({
    strategy,
    autoPromote: promotion.autoPromote ?? true,
    autoRollback: promotion.autoRollback ?? true,
    falseRollbackRate: (promotion.falseRollbackRate ?? defaultFalseRollbackRate) / 100,
    errorThreshold: threshold,
    errorBound: threshold ?? defaultErrorBound / 100,
    latencyThresholdMs: durationMs(latencyThreshold),
    slowRate: (100 - latencyPercentile) / 100,
    latencyPercentile,
    judgesLatency: strategy === 'latency' || latencyThreshold !== undefined,
    steps: promotion.steps ?? defaultCanarySteps,
    stepIntervalMs: durationMs(promotion.stepInterval) ?? defaultStepIntervalMs,
    minRequests: promotion.minRequests ?? defaultMinRequests,
    maxMirrorDiffRate: maxMirrorDiffRate === undefined ? undefined : maxMirrorDiffRate / 100,
  })
}

/** The first step above a weight; 100 above the last. `undefined` at 100. */
export function weightAfter(weight: number, steps: readonly number[]): number | undefined {
  return weight === 100 ? undefined : (steps.find((step) => step > weight) ?? 100)
}
