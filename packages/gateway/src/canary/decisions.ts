import { checkCanary } from '../config/check.js'
import type { CanaryConfig } from '../config/canary-config.js'
import type { CanaryState } from './canary-state.js'
import type { CanaryEvidence, CanaryNumbers, CanaryVerdict, CanaryVerdictCode } from './judge/evidence.js'
import { judge } from './judge/verdict.js'
import { judgingRules } from './judge/judging-rules.js'

/** So many decisions are remembered; the oldest go first. */
export const rememberedDecisions = 1_000

/** What was decided, why, and by which numbers. Plain JSON. */
export interface CanaryDecision {
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  /** What was done; `hold`: nothing, for the reason given. */
  readonly action: 'promote' | 'rollback' | 'pause' | 'resume' | 'hold'
  readonly by: 'evidence' | 'hand'
  readonly code: CanaryVerdictCode | 'by-hand'
  /** As a sentence, with the numbers that matter. */
  readonly reason: string
  /** Before it. */
  readonly state: CanaryState
  /** Before it, in per cent. */
  readonly weight: number
  /** `undefined` for what was done by hand. */
  readonly numbers: CanaryNumbers | undefined
  readonly evidence: CanaryEvidence | undefined
}

/** The latest decisions. A `hold` stands for all that follow it for the same reason. */
export class DecisionLog {
  readonly #decisions: CanaryDecision[] = []

  add(decision: CanaryDecision): void {
    this.#decisions.push(Object.freeze(decision))
    if (this.#decisions.length > rememberedDecisions) this.#decisions.shift()
  }

  /** Whether the last entry says the same about the same weight. */
  says({ action, code }: Pick<CanaryVerdict, 'action' | 'code'>, { weight, state }: Pick<CanaryDecision, 'weight' | 'state'>): boolean {
    const last = this.#decisions.at(-1)
    return last?.action === action && last.code === code && last.weight === weight && last.state === state
  }

  entries(): readonly CanaryDecision[] {
    return [...this.#decisions]
  }
}

/** A decision, judged once more. */
export interface ReplayedDecision {
  readonly decision: CanaryDecision
  /** What the rules say to the same evidence. */
  readonly verdict: CanaryVerdict
  /** Whether it is what was decided. */
  readonly agrees: boolean
}

/**
 * Judges again what was decided by evidence, from the log alone: with the configuration that was in force, to audit it; with another one, to see
 * what that would have done at each of these points.
 *
 * @throws ConfigError for a configuration that is none.
 */
export function replayDecisions(config: CanaryConfig, decisions: readonly CanaryDecision[]): readonly ReplayedDecision[] {
  const rules = judgingRules(checkCanary(config))
  return decisions.flatMap((decision) => {
    if (decision.evidence === undefined) return []
    const verdict = judge(rules, decision.evidence)
    return [{ decision, verdict, agrees: verdict.action === decision.action && verdict.code === decision.code }]
  })
}
