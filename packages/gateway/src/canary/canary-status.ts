import type { CanaryConfig } from '../config/canary-config.js'
import type { CanaryState } from './canary-state.js'
import type { CanaryEvidence, CanaryVerdict } from './judge/evidence.js'
import { requestsToDetect } from './judge/power.js'
import { type JudgingRules, weightAfter } from './judge/judging-rules.js'
import { emptyTally, type RolloutState, type CanaryTally } from './rollout/rollout.js'

/** What the comparison could see at today's traffic. */
export interface CanaryPower {
  /** How many times stable's errors the canary has to have. */
  readonly ratio: number
  /** Requests of both arms until that shows, on average. */
  readonly requests: number
  /** How long they take at the rate of the last window; `undefined`: there was no traffic. */
  readonly ms: number | undefined
}

/** Where a rollout stands, and why it does not move. For a person: `reason` is what happened last, `verdict.reason` what it waits for. */
export interface CanaryStatus {
  readonly state: CanaryState
  /** Whether it is judged: between `start()` and `stop()`. */
  readonly running: boolean
  readonly stableVersion: string
  readonly canaryVersion: string
  /** Per cent. */
  readonly stableWeight: number
  /** Per cent. */
  readonly canaryWeight: number
  /** Weights in per cent, with the defaults filled in. */
  readonly steps: readonly number[]
  /** The weight that `promote()` takes next; `undefined` once the canary is promoted or rolled back. */
  readonly nextWeight: number | undefined
  /** When state or weight last changed: milliseconds since the Unix epoch. */
  readonly changedAt: number
  /** Why it did. */
  readonly reason: string
  /** How long this step has lasted, in milliseconds. */
  readonly stepMs: number
  /** What is counted as evidence in this step, on all processes. */
  readonly tally: CanaryTally
  /** What the evidence says now, with its numbers: which action, and why. `not-running` and `store-away`: nothing is decided, whatever it says. */
  readonly verdict: CanaryVerdict
  /** When a doubling of the error rate would show; `undefined` where it would not: without an error or without a split, or where nearly all fails. */
  readonly power: CanaryPower | undefined
  /** Whether this process decides. Without a store every process does for itself. */
  readonly leads: boolean
  /** Whether the store has answered last time; `undefined` without one. While it does not, nothing is decided. */
  readonly storeAnswers: boolean | undefined
}

export interface StatusSources {
  readonly config: CanaryConfig
  readonly rules: JudgingRules
  readonly rollout: RolloutState
  readonly running: boolean
  readonly leads: boolean
  readonly storeAnswers: boolean | undefined
  readonly evidence: CanaryEvidence
  readonly verdict: CanaryVerdict
  /** Requests of both arms in a millisecond, in the last window. */
  readonly requestsPerMs: number
}

export function canaryStatus(sources: StatusSources): CanaryStatus {
  const { config, rules, rollout, evidence, verdict } = sources
  const { state, weight } = rollout
  const isOver = state === 'PROMOTED' || state === 'ROLLED_BACK'
  return {
    state,
    running: sources.running,
    stableVersion: config.stable.version,
    canaryVersion: config.canary.version,
    stableWeight: 100 - weight,
    canaryWeight: weight,
    steps: rules.steps,
    nextWeight: isOver ? undefined : weightAfter(weight, rules.steps),
    changedAt: rollout.changedAt,
    reason: rollout.reason,
    stepMs: evidence.stepMs,
    tally: evidence.epochs.at(-1) ?? emptyTally,
    verdict: standstill(sources) ?? verdict,
    power: powerOf(sources),
    leads: sources.leads,
    storeAnswers: sources.storeAnswers,
  }
}

/** What keeps anything from being decided. */
function standstill({ running, rollout: { state }, storeAnswers, verdict: { numbers } }: StatusSources): CanaryVerdict | undefined {
  if (state === 'PROMOTED' || state === 'ROLLED_BACK') return undefined
  if (!running) return { action: 'hold', code: 'not-running', reason: notRunning, numbers }
  return storeAnswers === false ? { action: 'hold', code: 'store-away', reason: storeAway, numbers } : undefined
}

const notRunning = "nothing is judged: call start(), or the gateway's startCanaries()"
const storeAway = 'the store of canaries does not answer: the split stays as it is'

const doubling = 2

function powerOf({ rules, rollout, evidence, requestsPerMs }: StatusSources): CanaryPower | undefined {
  const { weight } = rollout
  const stable = (evidence.epochs.at(-1) ?? emptyTally).stable
  if (weight === 0 || weight === 100 || stable.errors === 0) return undefined
  const errorRate = stable.errors / stable.requests
  // Where latency is judged as well, the evidence is the mean of two.
  const alpha = rules.judgesLatency ? rules.falseRollbackRate / 2 : rules.falseRollbackRate
  const requests = requestsToDetect({ ratio: doubling, errorRate, weight, alpha })
  if (requests === Infinity) return undefined
  return { ratio: doubling, requests, ms: requestsPerMs > 0 ? Math.round(requests / requestsPerMs) : undefined }
}
