import { durationText } from '@hazeljs/core'
import { inconclusiveAfterIntervals, type JudgingRules, weightAfter } from './judging-rules.js'
import type { CanaryArmTally } from '../rollout/rollout.js'
import { type CanaryEvidence, type CanaryNumbers, runningEpoch, type CanaryVerdict, type CanaryVerdictCode } from './evidence.js'
import { judgedNumbers, successes } from './numbers.js'
import { logBelow } from './rate-tests.js'

/** 99 per cent, for the user's thresholds. */
const thresholdBound = 100
/** 95 per cent, for promotions. */
const boundBound = 20
/** 1/β. */
const parityBound = 10
/** After the switch a tenth of α: the promise of α is kept by the comparison before it. */
const baselineShare = 10

/** What is to be done with a canary: a function of the rules and the evidence alone. */
export function judge(rules: JudgingRules, evidence: CanaryEvidence): CanaryVerdict {
  const numbers = judgedNumbers(rules, evidence)
  const say = (action: CanaryVerdict['action'], code: CanaryVerdictCode, reason: string): CanaryVerdict => ({
    action,
    code,
    reason,
    numbers,
  })
  if (evidence.state === 'ROLLED_BACK') return say('hold', 'finished', 'the canary is rolled back')
  const accusation = accuse(rules, evidence, numbers)
  if (accusation !== undefined) {
    const [code, reason] = accusation
    if (rules.autoRollback) return say('rollback', code, reason)
    return say(evidence.state === 'ACTIVE' ? 'pause' : 'hold', code, `${reason}; autoRollback is off`)
  }
  if (evidence.state === 'PROMOTED') return say('hold', 'finished', 'the canary has all the traffic')
  if (evidence.state === 'PAUSED') return say('hold', 'paused', 'the canary is paused')
  const obstacle = obstruct(rules, evidence, numbers)
  if (obstacle === undefined) return allow(rules, evidence, say)
  const [code, reason] = obstacle
  return overdue(rules, evidence)
    ? say('pause', 'inconclusive', `no decision in ${durationText(evidence.stepMs)}: ${reason}`)
    : say('hold', code, reason)
}

type Finding = readonly [code: CanaryVerdictCode, reason: string]

/** Why the canary has to go; the gravest first. */
function accuse(rules: JudgingRules, { epochs, evaluator, state }: CanaryEvidence, numbers: CanaryNumbers): Finding | undefined {
  const { stable, canary } = runningEpoch({ epochs })
  const { evidence, rollbackAt, errorEvidence, latencyEvidence = 0 } = numbers
  const errors = `${failedOf(canary)} failed, of stable's ${failedOf(stable)}`
  if (evidence >= rollbackAt && errorEvidence >= latencyEvidence)
    return ['worse-than-stable', `it fails more often than stable: ${errors} (evidence ${short(evidence)}, bound ${short(rollbackAt)})`]
  if (evidence >= rollbackAt)
    return ['slower-than-stable', `it is slower than stable: ${slowOf(canary)} were slow, of stable's ${slowOf(stable)}`]
  if (above(numbers.aboveErrorThreshold) && !(stable.errors > (rules.errorThreshold as number) * stable.requests))
    return ['above-error-threshold', `its errors are above ${percent(rules.errorThreshold)}, and stable's are not: ${errors}`]
  if (above(numbers.aboveLatencyThreshold) && !(stable.slow > rules.slowRate * successes(stable)))
    return [
      'above-latency-threshold',
      `it is above ${rules.latencyThresholdMs} ms, and stable is not: ${slowOf(canary)} took longer, of stable's ${slowOf(stable)}`,
    ]
  if ((numbers.aboveBaseline ?? 0) >= baselineShare * rollbackAt)
    return ['worse-than-before', `since it has all the traffic, more fails than with stable before: ${failedOf(canary)} failed`]
  if (evaluator === 'rollback' && state !== 'PROMOTED') return ['evaluator', 'customEvaluator says so']
  return undefined
}

/** Why the next step can't be taken. */
function obstruct(rules: JudgingRules, evidence: CanaryEvidence, numbers: CanaryNumbers): Finding | undefined {
  const { epochs, stepMs, diverted, evaluator } = evidence
  const { weight, canary } = runningEpoch({ epochs })
  if (diverted) return ['no-instance', 'the canary could not serve all of its requests: it has no instance, or its circuit is open']
  if (stepMs < rules.stepIntervalMs)
    return ['step-time', `the step has lasted ${durationText(Math.floor(stepMs))} of ${durationText(rules.stepIntervalMs)}`]
  if (evaluator !== undefined && evaluator !== 'promote') return ['evaluator-holds', 'customEvaluator does not promote']
  if (weight > 0 && canary.requests < rules.minRequests)
    return ['few-requests', `the canary had ${canary.requests} of ${rules.minRequests} requests in this step`]
  if (rules.strategy === 'custom' && evaluator === undefined) return ['evaluator-holds', 'customEvaluator gave no answer that counts']
  const unproven = rules.strategy === 'custom' || weight === 0 ? undefined : prove(rules, evidence, numbers)
  if (unproven !== undefined) return unproven
  return mirrorObstacle(rules, evidence) ?? confirmationObstacle(evidence)
}

/** Whether the canary is known to be no worse. */
function prove(rules: JudgingRules, { epochs, slowIsKnown }: CanaryEvidence, numbers: CanaryNumbers): Finding | undefined {
  const { stable, canary } = runningEpoch({ epochs })
  if (numbers.parity < parityBound && numbers.belowErrorBound < boundBound)
    return [
      'errors-unproven',
      `that it fails no more often than stable is not shown yet: ${failedOf(canary)} failed, of stable's ${failedOf(stable)}`,
    ]
  if (!rules.judgesLatency) return undefined
  if (!slowIsKnown) return ['latency-unknown', 'stable had too few requests to know its latency']
  if ((numbers.latencyParity ?? 0) < parityBound && (numbers.belowLatencyThreshold ?? 0) < boundBound)
    return [
      'latency-unproven',
      `that it is no slower than stable is not shown yet: ${slowOf(canary)} were slow, of stable's ${slowOf(stable)}`,
    ]
  return undefined
}

/** Known, with 95 per cent, to differ less often than allowed; where nothing may differ, nothing did. */
function mirrorObstacle({ maxMirrorDiffRate, minRequests }: JudgingRules, { mirrorDiff }: CanaryEvidence): Finding | undefined {
  if (maxMirrorDiffRate === undefined) return undefined
  const { compared, different } = mirrorDiff ?? { compared: 0, different: 0 }
  const shown =
    maxMirrorDiffRate === 0
      ? different === 0 && compared >= minRequests
      : logBelow(maxMirrorDiffRate, compared, different) >= Math.log(boundBound)
  if (!shown && compared === 0) return ['mirror-differs', 'no answer of the mirror was compared in this step']
  return shown
    ? undefined
    : [
        'mirror-differs',
        `that at most ${percent(maxMirrorDiffRate)} of the mirror's answers differ is not shown: ${different} of ${compared}`,
      ]
}

function confirmationObstacle({ confirmation }: CanaryEvidence): Finding | undefined {
  if (confirmation === 'pending') return ['unconfirmed', 'confirm has not answered yet']
  return confirmation === 'refused' ? ['unconfirmed', 'confirm did not agree'] : undefined
}

function allow(
  rules: JudgingRules,
  { epochs, confirmation }: CanaryEvidence,
  say: (action: CanaryVerdict['action'], code: CanaryVerdictCode, reason: string) => CanaryVerdict,
): CanaryVerdict {
  const { weight, stable, canary } = runningEpoch({ epochs })
  const code = weight === 0 ? 'time' : 'as-good-as-stable'
  const next = percent((weightAfter(weight, rules.steps) ?? 100) / 100)
  const reason =
    weight === 0 ? `to ${next}: the step's time is over` : `to ${next}: ${failedOf(canary)} failed, of stable's ${failedOf(stable)}`
  if (!rules.autoPromote) return say('hold', 'awaits-promote', `ready ${reason}; autoPromote is off`)
  return say(confirmation === 'not-asked' ? 'confirm' : 'promote', code, reason)
}

function overdue({ stepIntervalMs }: JudgingRules, { stepMs }: CanaryEvidence): boolean {
  return stepMs >= inconclusiveAfterIntervals * stepIntervalMs
}

function above(likelihoodRatio: number | undefined): boolean {
  return likelihoodRatio !== undefined && likelihoodRatio >= thresholdBound
}

function failedOf({ requests, errors }: CanaryArmTally): string {
  return `${errors} of ${requests} requests`
}

function slowOf(tally: CanaryArmTally): string {
  return `${tally.slow} of ${successes(tally)} requests`
}

function percent(rate: number | undefined): string {
  return `${Number(((rate ?? 0) * 100).toPrecision(4))} %`
}

function short(value: number): string {
  return value >= 1e6 ? value.toExponential(1) : String(Number(value.toPrecision(3)))
}
