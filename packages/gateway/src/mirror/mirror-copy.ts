import type { Clock, TimerHandle } from '@hazeljs/core'
import type { Outcome } from '@hazeljs/resilience'
import type { Readable } from 'node:stream'
import { BodyTee } from './body-tee.js'
import type { AnswerCapture } from './diff/answer-capture.js'
import type { AnswerPair, Comparer } from './diff/comparer.js'
import type { KeptBytes } from './kept-bytes.js'
import type { DroppedCopies, MirrorCounts } from './mirror-counts.js'

/** How long `waitForResponse` holds an answer back at most, from when its request came. */
export const maxAnswerHoldMs = 1_000

/** What is sent, but for its body. */
export interface CopiedRequest {
  readonly method: string
  readonly target: string
  /** As the request's instance gets them. */
  readonly headers: readonly string[]
  /** Chooses the instance, where the mirror's strategy wants one. */
  readonly clientIp: string
}

/** What a copy needs of its mirror. */
export interface CopyOwner {
  readonly clock: Clock
  readonly counts: MirrorCounts
  readonly comparer: Comparer | undefined
  /** Sends a copy. `onSettled` is called once, unless nothing was sent: then the reason comes back. */
  dispatch(
    request: CopiedRequest,
    body: Buffer | null,
    capture: AnswerCapture | undefined,
    onSettled: (status: number) => void,
  ): keyof DroppedCopies | undefined
  /** It is under way no more. */
  gone(copy: MirrorCopy): void
}

/**
 * The copy of one request: waits for the whole body, is sent, and settles. It ends in either of two ways, dropped or settled, and is counted
 * by it once; its answer is compared when the request has ended too.
 */
export class MirrorCopy {
  readonly #owner: CopyOwner
  readonly #request: CopiedRequest
  readonly #pair: AnswerPair | undefined
  readonly #body: KeptBytes
  readonly #beganAtMs: number
  #tee: BodyTee | undefined
  #holdTimer: TimerHandle | undefined
  #release: (() => void) | undefined
  #over = false
  #sent = false
  #requestEnded = false

  constructor(owner: CopyOwner, request: CopiedRequest, body: KeptBytes, pair: AnswerPair | undefined) {
    this.#owner = owner
    this.#request = request
    this.#pair = pair
    this.#body = body
    this.#beganAtMs = owner.clock.now()
  }

  /** Where the instance's answer is told, if it is to be compared. */
  get primaryAnswer(): AnswerCapture | undefined {
    return this.#pair?.primary
  }

  /** Sends it: at once, or when somebody has read all of a streamed body. */
  begin(body: Readable | Buffer | null): void {
    if (body === null) this.#dispatch(null)
    else if (!Buffer.isBuffer(body)) this.#tee = new BodyTee(body, this.#body, this.#onBody)
    else if (this.#body.add(body)) this.#dispatch(this.#body.whole ?? null)
    else this.#drop('bytes')
  }

  /** Resolves when the copy has settled or was dropped, and after {@link maxAnswerHoldMs} in any case. `undefined`: there is nothing to wait for. */
  hold(): Promise<void> | undefined {
    if (this.#over) return undefined
    return new Promise((resolve) => {
      this.#release = resolve
      this.#holdTimer = this.#owner.clock.setTimer(resolve, maxAnswerHoldMs)
    })
  }

  /** The request that it is a copy of has its answer, or gets none: then nobody reads its body any further. */
  requestEnded(outcome: Outcome): void {
    this.#requestEnded = true
    this.#owner.counts.answered(outcome, this.#owner.clock.now() - this.#beganAtMs)
    if (!this.#over && !this.#sent) this.#drop('brokenOff')
    else this.#compare()
  }

  /** Nothing is sent any more. */
  close(): void {
    if (!this.#over && !this.#sent) this.#drop('brokenOff')
  }

  readonly #onBody = (outcome: 'whole' | 'too-large' | 'broken'): void => {
    if (outcome === 'whole') this.#dispatch(this.#body.whole ?? null)
    else this.#drop(outcome === 'broken' ? 'brokenOff' : 'bytes')
  }

  #dispatch(body: Buffer | null): void {
    const { clock, counts } = this.#owner
    const sentAtMs = clock.now()
    this.#sent = true
    const refused = this.#owner.dispatch(this.#request, body, this.#pair?.mirror, (status) => {
      counts.settled(status, clock.now() - sentAtMs)
      this.#end()
      this.#compare()
    })
    if (refused !== undefined) this.#drop(refused)
    else counts.sent()
  }

  #drop(reason: keyof DroppedCopies): void {
    this.#sent = false
    this.#tee?.stop()
    this.#owner.counts.drop(reason)
    this.#end()
    this.#pair?.primary.release()
  }

  #end(): void {
    this.#over = true
    this.#body.release()
    this.#owner.clock.clearTimer(this.#holdTimer)
    this.#release?.()
    this.#owner.gone(this)
  }

  #compare(): void {
    if (this.#over && this.#sent && this.#requestEnded && this.#pair !== undefined) this.#owner.comparer?.compare(this.#pair)
  }
}
