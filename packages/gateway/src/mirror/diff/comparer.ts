import type { Emitter } from '@hazeljs/core'
import type { ResolvedMirrorDiff } from '../../config/mirror-config.js'
import type { GatewayEvents } from '../../events.js'
import type { ByteBudget } from '../byte-budget.js'
import { AnswerCapture } from './answer-capture.js'
import { compareAnswers } from './compare-answers.js'
import { DiffReport, type Finding, type MirrorExample } from './diff-report.js'
import { compileIgnoredPaths, type IgnoredPlaces } from './ignored-paths.js'

/** Pairs that wait to be compared; beyond it they are not. */
export const maxWaitingPairs = 64

/** Both answers to one request. */
export interface AnswerPair {
  readonly primary: AnswerCapture
  readonly mirror: AnswerCapture
  readonly request: Omit<MirrorExample, 'differences'>
}

/** Compares pairs of answers behind everybody's back: one at a time, each in a turn of the event loop of its own. */
export class Comparer {
  readonly #config: ResolvedMirrorDiff
  readonly #place: { readonly route: string; readonly service: string }
  readonly #events: Emitter<GatewayEvents>
  readonly #budget: ByteBudget
  readonly #ignored: IgnoredPlaces
  readonly #report = new DiffReport()
  #waiting: AnswerPair[] = []
  #running = false

  constructor(
    diff: ResolvedMirrorDiff,
    place: { readonly route: string; readonly service: string },
    budget: ByteBudget,
    events: Emitter<GatewayEvents>,
  ) {
    this.#config = diff
    this.#place = place
    this.#events = events
    this.#budget = budget
    this.#ignored = compileIgnoredPaths(diff.ignore)
  }

  get report(): DiffReport {
    return this.#report
  }

  pair(request: AnswerPair['request']): AnswerPair {
    const { body, compare, maxBodyBytes } = this.#config
    const maxBytes = body === false && compare === undefined ? 0 : maxBodyBytes
    return { primary: new AnswerCapture(this.#budget, maxBytes), mirror: new AnswerCapture(this.#budget, maxBytes), request }
  }

  /** Both sides have ended, in any way. */
  compare(pair: AnswerPair): void {
    if (pair.primary.answer === undefined || pair.mirror.answer === undefined || this.#waiting.length >= maxWaitingPairs) {
      this.#conclude({ verdict: 'unknown' }, pair)
      return
    }
    this.#waiting.push(pair)
    if (!this.#running) this.#next()
  }

  /** What waits is let go. */
  close(): void {
    for (const pair of this.#waiting) release(pair)
    this.#waiting = []
  }

  #next(): void {
    this.#running = true
    setImmediate(() => {
      const pair = this.#waiting.shift()
      const { answer: primary } = pair?.primary ?? {}
      const { answer: mirror } = pair?.mirror ?? {}
      if (pair === undefined || primary === undefined || mirror === undefined) {
        this.#running = false
        return
      }
      void compareAnswers(primary, mirror, this.#config, this.#ignored).then((finding) => {
        this.#conclude(finding, pair)
        this.#next()
      })
    })
  }

  #conclude(finding: Finding, pair: AnswerPair): void {
    release(pair)
    this.#report.add(finding, pair.request)
    if (finding.verdict !== 'different' || !this.#events.has('mirror:diff')) return
    this.#events.emit('mirror:diff', { ...this.#place, ...pair.request, differences: finding.differences })
  }
}

function release({ primary, mirror }: AnswerPair): void {
  primary.release()
  mirror.release()
}
