import type { JudgingRules } from './judging-rules.js'
import type { CanaryArmTally, CanaryEpochTally } from '../rollout/rollout.js'
import { addTallies, emptyTally } from '../rollout/rollout.js'
import { type CanaryEvidence, type CanaryNumbers, runningEpoch } from './evidence.js'
import { logEvidence, logNonInferiority } from './rate-comparison.js'
import { logAbove, logBelow, upperBound } from './rate-tests.js'

/** How sure a baseline is not higher than it is taken for, once there is no stable traffic to compare with. */
const baselineConfidence = 0.999

export function judgedNumbers(rules: JudgingRules, evidence: CanaryEvidence): CanaryNumbers {
  const { epochs, firstEpoch, slowIsKnown } = evidence
  const running = runningEpoch(evidence)
  const { canary } = running
  const errorEvidence = ratio(logEvidence(epochs.map(errorsOf), firstEpoch))
  const latencyEvidence = rules.judgesLatency ? ratio(logEvidence(epochs.map(slowOf), firstEpoch)) : undefined
  const latency = rules.judgesLatency && slowIsKnown
  return {
    evidence: latencyEvidence === undefined ? errorEvidence : (errorEvidence + latencyEvidence) / 2,
    rollbackAt: 1 / rules.falseRollbackRate,
    errorEvidence,
    latencyEvidence,
    aboveErrorThreshold:
      rules.errorThreshold === undefined ? undefined : ratio(logAbove(rules.errorThreshold, canary.requests, canary.errors)),
    aboveLatencyThreshold:
      rules.latencyThresholdMs === undefined ? undefined : ratio(logAbove(rules.slowRate, successes(canary), canary.slow)),
    aboveBaseline: running.weight === 100 ? aboveBaseline(rules, epochs) : undefined,
    parity: ratio(logNonInferiority(errorsOf(running))),
    belowErrorBound: ratio(logBelow(rules.errorBound, canary.requests, canary.errors)),
    latencyParity: latency ? ratio(logNonInferiority(slowOf(running))) : undefined,
    belowLatencyThreshold:
      rules.latencyThresholdMs === undefined ? undefined : ratio(logBelow(rules.slowRate, successes(canary), canary.slow)),
  }
}

export function successes({ requests, errors }: CanaryArmTally): number {
  return requests - errors
}

/** Against the rate that stable's is known to be below. `undefined`: too little is known of stable. */
function aboveBaseline(rules: JudgingRules, epochs: readonly CanaryEpochTally[]): number | undefined {
  const { stable } = epochs.slice(0, -1).reduce(addTallies, emptyTally)
  if (stable.requests < rules.minRequests) return undefined
  const { canary } = runningEpoch({ epochs })
  return ratio(logAbove(upperBound(stable.requests, stable.errors, baselineConfidence), canary.requests, canary.errors))
}

function errorsOf({ weight, stable, canary }: CanaryEpochTally) {
  return { weight, stable: stable.distinctErrors, canary: canary.distinctErrors }
}

function slowOf({ weight, stable, canary }: CanaryEpochTally) {
  return { weight, stable: stable.distinctSlow, canary: canary.distinctSlow }
}

/** Finite, so that it stays a number in JSON. */
function ratio(log: number): number {
  return Math.min(Math.exp(log), Number.MAX_VALUE)
}
