import type { CanaryState } from '../canary-state.js'
import { emptyTally, type CanaryEpochTally } from '../rollout/rollout.js'

/** How many of a mirror's answers were compared, and differed. */
export interface MirrorDiffCount {
  readonly compared: number
  readonly different: number
}

/** Everything that a verdict goes by, besides the rules. Plain JSON, so that a decision can be judged again from its log entry. */
export interface CanaryEvidence {
  readonly state: CanaryState
  /** What all processes counted, an epoch each; the last is the running one. */
  readonly epochs: readonly CanaryEpochTally[]
  /** Number of the first of them, where those before it are forgotten. Default 0. */
  readonly firstEpoch?: number
  /** How long the running epoch has lasted. */
  readonly stepMs: number
  /** Whether the canary lately had no instance, or an open circuit, for a request of its own. */
  readonly diverted: boolean
  /** Whether it is known which requests are slow. */
  readonly slowIsKnown: boolean
  /** What `customEvaluator` says; `undefined`: there is none, it was not asked, or it said nothing that counts. */
  readonly evaluator?: 'promote' | 'hold' | 'rollback' | undefined
  /** What the mirror's comparisons found. */
  readonly mirrorDiff?: MirrorDiffCount | undefined
  /** Where `confirm` is asked before a step: whether it has been, for this one. */
  readonly confirmation?: 'not-asked' | 'pending' | 'refused' | 'granted' | undefined
}

/** The epoch that is judged. */
export function runningEpoch({ epochs }: Pick<CanaryEvidence, 'epochs'>): CanaryEpochTally {
  return epochs.at(-1) ?? { weight: 0, ...emptyTally }
}

/** The numbers that a verdict rests on. */
export interface CanaryNumbers {
  /** How much more likely the errors are if the canary is worse than if it is not. Rolled back at `rollbackAt`. */
  readonly evidence: number
  /** 1/α. */
  readonly rollbackAt: number
  /** The part of it that errors have, and that slow requests have: the mean of both is `evidence` where latency is judged. */
  readonly errorEvidence: number
  readonly latencyEvidence: number | undefined
  /** How much more likely the canary's rate of errors is above `errorThreshold`. Rolled back at 100, if stable is not above it. */
  readonly aboveErrorThreshold: number | undefined
  readonly aboveLatencyThreshold: number | undefined
  /** After the switch to 100 per cent: above what stable did before. Rolled back at 10/α. */
  readonly aboveBaseline: number | undefined
  /** How much more likely the errors are if the canary is as good as stable than if it has 1.5 times the errors. Promotes at 10. */
  readonly parity: number
  /** How much more likely the canary's rate of errors is below `errorThreshold`, or 1 per cent. Promotes at 20. */
  readonly belowErrorBound: number
  readonly latencyParity: number | undefined
  readonly belowLatencyThreshold: number | undefined
}

/** Why a verdict is what it is, for programs; its `reason` is the same for people, with numbers. */
export type CanaryVerdictCode =
  /** Rolls back: worse than stable. */
  | 'worse-than-stable'
  | 'slower-than-stable'
  | 'above-error-threshold'
  | 'above-latency-threshold'
  /** Rolls back after the switch: worse than stable was. */
  | 'worse-than-before'
  | 'evaluator'
  /** Promotes. */
  | 'as-good-as-stable'
  /** Promotes from weight 0, where nothing can be known. */
  | 'time'
  /** Holds. */
  | 'paused'
  | 'finished'
  | 'no-instance'
  | 'step-time'
  | 'few-requests'
  | 'errors-unproven'
  | 'latency-unknown'
  | 'latency-unproven'
  | 'evaluator-holds'
  | 'mirror-differs'
  | 'unconfirmed'
  | 'awaits-promote'
  /** Holds, in `getStatus()` alone. */
  | 'not-running'
  | 'store-away'
  /** Pauses: no decision in ten times the step's interval. */
  | 'inconclusive'

/** What is to be done with a canary, and why. */
export interface CanaryVerdict {
  /** `confirm`: the step may be taken as soon as `confirm` says so. */
  readonly action: 'rollback' | 'promote' | 'confirm' | 'pause' | 'hold'
  readonly code: CanaryVerdictCode
  /** As a sentence, with numbers. */
  readonly reason: string
  readonly numbers: CanaryNumbers
}
