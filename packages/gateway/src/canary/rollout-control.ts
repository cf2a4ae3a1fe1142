import { type Clock, type Emitter, reportFault, type TimerHandle } from '@hazeljs/core'
import type { CanaryConfig, PendingCanaryStep } from '../config/canary-config.js'
import type { ArmWindows } from './arm-windows.js'
import type { Assignment } from './assignment/assignment.js'
import { canaryChange, changesBetween } from './canary-changes.js'
import type { CanaryEvents, CanaryFault } from './canary-events.js'
import { CanaryJudge, type Judged } from './canary-judge.js'
import type { CanaryMetrics } from './canary-metrics.js'
import { type CanaryMove, CanaryState, nextCanaryState } from './canary-state.js'
import { CanaryStoreError } from './sharing/canary-store-error.js'
import { type CanaryDecision, DecisionLog } from './decisions.js'
import { Diversions } from './diversions.js'
import type { MirrorDiffCount, CanaryEvidence, CanaryVerdict } from './judge/evidence.js'
import { type JudgingRules, weightAfter } from './judge/judging-rules.js'
import { LiveRollout, type SharingOptions } from './live-rollout.js'
import type { RolloutState } from './rollout/rollout.js'
import { firstState, inState, nextEpoch, withSlowMs } from './rollout/rollout-moves.js'
import { StepDiffs } from './step-diffs.js'

/** Everything is looked at once a second, in short steps ten times a step; harm is seen with each error. */
const longestLookMs = 1_000

export interface RolloutControlOptions {
  readonly config: CanaryConfig
  readonly rules: JudgingRules
  readonly clock: Clock
  readonly events: Emitter<CanaryEvents>
  readonly windows: ArmWindows
  readonly mirrorDiff: (() => MirrorDiffCount) | undefined
  /** Where the rollout is kept and shared; `undefined`: it is this process's own. */
  readonly sharing: Pick<SharingOptions, 'store' | 'id' | 'random'> | undefined
}

/** Moves one rollout: by the judge's verdicts while it runs, and by hand. */
export class RolloutControl implements Judged {
  readonly log = new DecisionLog()
  readonly judge: CanaryJudge
  readonly diversions: Diversions
  readonly #options: RolloutControlOptions
  readonly #rules: JudgingRules
  readonly #clock: Clock
  readonly #live: LiveRollout
  readonly #faulty = new Set<CanaryFault['part']>()
  readonly #lookEveryMs: number
  #running = false
  #timer: TimerHandle | undefined
  readonly #diffs: StepDiffs | undefined

  constructor(options: RolloutControlOptions) {
    const { config, rules, clock, mirrorDiff, sharing } = options
    this.#options = options
    this.#rules = rules
    this.#clock = clock
    this.diversions = new Diversions(clock)
    this.#lookEveryMs = Math.max(1, Math.min(longestLookMs, rules.stepIntervalMs / 10))
    this.#diffs = mirrorDiff && new StepDiffs(mirrorDiff, this)
    this.#live = new LiveRollout({
      first: withSlowMs(firstState(config.canary.weight, clock.wallTime()), rules.latencyThresholdMs),
      clock,
      intervalMs: rules.stepIntervalMs,
      sharing: sharing && { ...sharing, intervalMs: this.#lookEveryMs },
      onChange: this.#onChange,
      onLead: () => {
        if (this.#running && !this.#isOver) this.#look()
      },
      onFault: (error) => this.fault('store', error),
      onRecovery: () => this.works('store'),
    })
    this.judge = new CanaryJudge(rules, config.promotion, clock, this)
  }

  get state(): RolloutState {
    return this.#live.state
  }

  get live(): Pick<LiveRollout, 'splitWeight' | 'splitEpoch' | 'leads' | 'storeAnswers'> {
    return this.#live
  }

  get epoch(): number {
    return this.#live.state.epoch
  }

  /** Whether there are two arms to choose from. */
  get isSplit(): boolean {
    return this.state.state === 'ACTIVE' || this.state.state === 'PAUSED'
  }

  get running(): boolean {
    return this.#running
  }

  start(): void {
    if (this.#running) return
    this.#running = true
    if (this.#live.isShared) this.#live.start()
    else if (!this.#isOver) this.#lookLater()
  }

  stop(): void {
    this.#running = false
    this.#clock.clearTimer(this.#timer)
    this.#live.stop()
  }

  close(): Promise<void> {
    this.stop()
    return this.#live.close()
  }

  count(assignment: Assignment, outcome: 'success' | 'failure', ms: number): void {
    if (!this.#running || this.#isOver || this.diversions.spoils(assignment) || !this.#live.count(assignment, outcome, ms)) return
    if (!this.#live.isShared) this.judge.lookForHarm()
  }

  pause(): void {
    this.#byHand('pause', 'paused by hand', (state, reason) => inState(this.state, state, reason, this.#clock.wallTime()))
  }

  resume(): void {
    this.#byHand('resume', 'resumed by hand', (state, reason) => this.#nextEpoch(state, this.state.weight, reason))
  }

  promote(full: boolean): void {
    const weight = full ? 100 : (weightAfter(this.state.weight, this.#rules.steps) ?? 100)
    this.#byHand(weight === 100 ? 'complete' : 'step', 'promoted by hand', (state, reason) => this.#nextEpoch(state, weight, reason))
  }

  rollback(): void {
    this.#byHand('rollback', 'rolled back by hand', (state, reason) => this.#nextEpoch(state, 0, reason))
  }

  get pendingStep(): PendingCanaryStep | undefined {
    const { stable, canary } = this.#options.config
    const nextWeight = weightAfter(this.state.weight, this.#rules.steps)
    if (nextWeight === undefined || this.#live.isProposing) return undefined
    return { stableVersion: stable.version, canaryVersion: canary.version, weight: this.state.weight, nextWeight }
  }

  evidence(): CanaryEvidence {
    const mirrorDiff = this.#diffs?.sinceStep() // asks a function of the user's, which may move the rollout
    const { state, slowMs } = this.state
    return {
      state,
      epochs: this.#live.epochs,
      firstEpoch: this.#live.firstEpoch,
      stepMs: this.#live.stepMs,
      diverted: this.diversions.hadOneIn(this.#rules.stepIntervalMs),
      slowIsKnown: slowMs !== undefined,
      mirrorDiff,
    }
  }

  getMetrics(): CanaryMetrics {
    return this.#options.windows.snapshot()
  }

  act(verdict: CanaryVerdict, evidence: CanaryEvidence): void {
    const { action, code, reason, numbers } = verdict
    if (action === 'confirm' || (action === 'hold' && this.log.says({ action, code }, this.state))) return
    const note = this.#noting({ action, by: 'evidence', code, reason, numbers, evidence })
    const { state, weight } = this.state
    if (action === 'hold') note()
    else if (action === 'rollback') this.#live.decide(this.#nextEpoch(nextCanaryState(state, 'rollback'), 0, reason), note)
    else if (action === 'pause')
      this.#live.decide(inState(this.state, nextCanaryState(state, 'pause'), reason, this.#clock.wallTime()), note)
    else {
      const next = weightAfter(weight, this.#rules.steps) ?? 100
      this.#live.decide(this.#nextEpoch(nextCanaryState(state, next === 100 ? 'complete' : 'step'), next, reason), note)
    }
  }

  fault(part: CanaryFault['part'], error: Error): void {
    if (this.#faulty.has(part)) return
    this.#faulty.add(part)
    if (this.#options.events.has('canary:fault')) this.#options.events.emit('canary:fault', { part, error })
    else reportFault(`The canary's ${part}`, error)
  }

  works(part: CanaryFault['part']): void {
    this.#faulty.delete(part)
  }

  readonly #onChange = (before: RolloutState, now: RolloutState): void => {
    if (now.epoch !== before.epoch) this.#diffs?.begin()
    if (this.#isOver) this.#clock.clearTimer(this.#timer)
    for (const event of changesBetween(before, now)) {
      // A listener may have moved it on by now.
      if (this.state === now && this.#options.events.has(event))
        this.#options.events.emit(event, canaryChange(this.#options.config, event === 'canary:complete' ? now.weight : before.weight, now))
    }
  }

  #byHand(move: CanaryMove, reason: string, next: (state: CanaryState, reason: string) => RolloutState): void {
    const before = this.state.state
    const state = nextCanaryState(before, move)
    if (move !== 'rollback' && move !== 'pause' && this.#live.storeAnswers === false)
      throw new CanaryStoreError(
        'CANARY_STORE_UNAVAILABLE',
        'The store of canaries does not answer: until it does, a canary can be paused and rolled back, and nothing else',
      )
    const staysAsItIs = state === before && (move !== 'step' || state === CanaryState.PROMOTED)
    if (staysAsItIs) return
    const action = move === 'step' || move === 'complete' ? 'promote' : move
    const note = this.#noting({ action, by: 'hand', code: 'by-hand', reason, numbers: undefined, evidence: undefined })
    this.#live.force(next(state, reason), note)
  }

  #nextEpoch(state: CanaryState, weight: number, reason: string): RolloutState {
    const change = { state, weight, reason, slowMs: this.#slowMs() ?? this.state.slowMs }
    return nextEpoch(this.state, this.#live.tally, change, this.#clock.wallTime())
  }

  /** From which time on requests are slow, as far as it is known. */
  #slowMs(): number | undefined {
    if (!this.#rules.judgesLatency) return undefined
    return this.#rules.latencyThresholdMs ?? this.#options.windows.stableLatencyMs(this.#rules.latencyPercentile)
  }

  /** A decision about the rollout as it is now; to be called when it is done. */
  #noting(decision: Omit<CanaryDecision, 'at' | 'state' | 'weight'>): () => void {
    const { state, weight } = this.state
    const noted = { at: this.#clock.wallTime(), state, weight, ...decision }
    return () => {
      this.log.add(noted)
      if (this.#options.events.has('canary:decision')) this.#options.events.emit('canary:decision', noted)
    }
  }

  #lookLater(): void {
    this.#clock.clearTimer(this.#timer) // a listener may have stopped and started
    this.#timer = this.#clock.setTimer(this.#look, this.#lookEveryMs, { background: true })
  }

  readonly #look = (): void => {
    const slowMs = this.state.slowMs === undefined ? this.#slowMs() : undefined
    if (slowMs === undefined) this.judge.lookAtEverything()
    else this.#live.decide(withSlowMs(this.state, slowMs), () => undefined)
    if (this.#running && !this.#isOver && !this.#live.isShared) this.#lookLater()
  }

  /** Rolled back; or promoted, and watched for a step's time. */
  get #isOver(): boolean {
    const { state } = this.state
    return state === 'ROLLED_BACK' || (state === 'PROMOTED' && this.#live.stepMs >= this.#rules.stepIntervalMs)
  }
}
