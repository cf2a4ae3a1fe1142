import { type Clock, toError } from '@hazeljs/core'
import type { CanaryPromotion, PendingCanaryStep } from '../config/canary-config.js'
import type { CanaryMetrics } from './canary-metrics.js'
import type { CanaryEvidence, CanaryVerdict } from './judge/evidence.js'
import { judge } from './judge/verdict.js'
import type { JudgingRules } from './judge/judging-rules.js'

/** What is judged: an engine with its numbers, which also acts. */
export interface Judged {
  readonly epoch: number
  readonly pendingStep: PendingCanaryStep | undefined
  /** Without what the user's functions say. */
  evidence(): CanaryEvidence
  getMetrics(): CanaryMetrics
  act(verdict: CanaryVerdict, evidence: CanaryEvidence): void
  /** One of the user's functions did what it may not. */
  fault(part: 'customEvaluator' | 'confirm', error: Error): void
  /** It did what it should. */
  works(part: 'customEvaluator' | 'confirm'): void
}

interface Confirmation {
  readonly epoch: number
  readonly status: 'pending' | 'refused' | 'granted'
  readonly atMs: number
}

/** Judges a canary, and asks the user's functions, none of which can hurt: what they do wrong holds the step, and nothing else. */
export class CanaryJudge {
  readonly #rules: JudgingRules
  readonly #promotion: CanaryPromotion
  readonly #clock: Clock
  readonly #judged: Judged
  #confirmation: Confirmation | undefined
  #evaluation: CanaryEvidence['evaluator']

  constructor(rules: JudgingRules, promotion: CanaryPromotion, clock: Clock, judged: Judged) {
    this.#rules = rules
    this.#promotion = promotion
    this.#clock = clock
    this.#judged = judged
  }

  /** Does at once what can't wait for the next look at everything. */
  lookForHarm(): void {
    const evidence = this.#judged.evidence()
    const verdict = judge(this.#rules, evidence)
    if (verdict.action === 'rollback' || (verdict.action === 'pause' && verdict.code !== 'inconclusive'))
      this.#judged.act(verdict, evidence)
  }

  lookAtEverything(): void {
    this.#evaluation = this.#evaluate()
    const evidence = this.#evidence()
    const verdict = judge(this.#rules, evidence)
    if (verdict.action === 'confirm') this.#ask()
    else this.#judged.act(verdict, evidence)
  }

  /** What would be decided now; of the user's functions it has what they said last. */
  preview(): { readonly verdict: CanaryVerdict; readonly evidence: CanaryEvidence } {
    const evidence = this.#evidence()
    return { verdict: judge(this.#rules, evidence), evidence }
  }

  #evidence(): CanaryEvidence {
    return { ...this.#judged.evidence(), evaluator: this.#evaluation, confirmation: this.#confirmationNow() }
  }

  #evaluate(): CanaryEvidence['evaluator'] {
    const { customEvaluator } = this.#promotion
    if (customEvaluator === undefined) return undefined
    try {
      const answer: unknown = customEvaluator(this.#judged.getMetrics())
      if (answer === 'promote' || answer === 'hold' || answer === 'rollback') {
        this.#judged.works('customEvaluator')
        return answer
      }
      Promise.resolve(answer).catch(() => undefined) // of a promise it is said below that it is none of the answers
      throw new Error(`customEvaluator has to return 'promote', 'hold' or 'rollback' at once; it returned ${describe(answer)}`)
    } catch (error) {
      this.#judged.fault('customEvaluator', toError(error))
      return undefined
    }
  }

  #confirmationNow(): CanaryEvidence['confirmation'] {
    if (this.#promotion.confirm === undefined) return undefined
    const last = this.#confirmation
    if (last?.epoch !== this.#judged.epoch) return 'not-asked'
    const isOld = last.status === 'refused' && this.#clock.now() - last.atMs >= this.#rules.stepIntervalMs
    return isOld ? 'not-asked' : last.status
  }

  #ask(): void {
    const { confirm } = this.#promotion
    const step = this.#judged.pendingStep
    if (confirm === undefined || step === undefined) return
    const asked = this.#remember('pending')
    const settle = (status: 'refused' | 'granted') => {
      // The step was taken or given up while it was asked for, or began anew.
      if (this.#confirmation !== asked || asked.epoch !== this.#judged.epoch) return
      this.#remember(status)
      if (status === 'refused') return
      this.lookAtEverything()
      if (this.#confirmationNow() === 'granted') this.#confirmation = undefined // it was given for what was known then
    }
    // In a function of its own, so that what it throws at once is treated like what it rejects with.
    const answered = async () => confirm(step)
    answered().then(
      (agrees: unknown) => {
        if (typeof agrees === 'boolean') this.#judged.works('confirm')
        else this.#judged.fault('confirm', new Error(`confirm has to answer true or false; it answered ${describe(agrees)}`))
        settle(agrees === true ? 'granted' : 'refused')
      },
      (error: unknown) => {
        this.#judged.fault('confirm', toError(error))
        settle('refused')
      },
    )
  }

  #remember(status: Confirmation['status']): Confirmation {
    return (this.#confirmation = { epoch: this.#judged.epoch, status, atMs: this.#clock.now() })
  }
}

function describe(value: unknown): string {
  return value instanceof Promise ? 'a promise' : typeof value === 'string' ? `'${value}'` : typeof value
}
