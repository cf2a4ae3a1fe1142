import type { Clock, TimerHandle } from '@hazeljs/core'
import type { Lease } from '@hazeljs/discovery'
import type { Connection } from '../upstream/connection.js'
import { ConnectionError } from '../upstream/connection-error.js'
import type { Pool } from '../upstream/pool.js'
import type { ResponseHead } from '../upstream/response-head.js'
import type { UpstreamCall, UpstreamRequest } from '../upstream/upstream-request.js'
import type { AnswerCapture } from './diff/answer-capture.js'

/** As much of a mirror's answer is read; of a longer one the connection is given up. */
const answerBytes = 1_048_576

/** What came of a copy: the status of its answer; 0 where none came, or not all of it. */
export type OnSettled = (status: number) => void

/**
 * One copy under way. Its answer is kept where it is compared, and else read and thrown away.
 *
 * Its instance is released without a verdict: copies lack credentials, and may ask for what the service cannot do yet. Whether an instance
 * serves its own clients is not to be judged by them.
 */
export class MirrorCall implements UpstreamCall {
  readonly #lease: Lease
  readonly #clock: Clock
  readonly #capture: AnswerCapture | undefined
  readonly #onSettled: OnSettled
  readonly #timer: TimerHandle
  #pool: Pool | undefined
  #request: UpstreamRequest | undefined
  #connection: Connection | undefined
  #repeatable: boolean
  #received = 0
  #status = 0
  #ended = false

  /** `onSettled` is called once. `repeatable`: it may be sent again where its instance was just closing the connection. */
  constructor(
    lease: Lease,
    clock: Clock,
    { timeoutMs, repeatable, capture }: { timeoutMs: number; repeatable: boolean; capture: AnswerCapture | undefined },
    onSettled: OnSettled,
  ) {
    this.#lease = lease
    this.#clock = clock
    this.#capture = capture
    this.#repeatable = repeatable
    this.#onSettled = onSettled
    this.#timer = clock.setTimer(this.giveUp, timeoutMs, { background: true })
  }

  readonly giveUp = (): void => {
    this.#end(0)
    this.#connection?.abort()
  }

  start(pool: Pool, request: UpstreamRequest): void {
    this.#pool = pool
    this.#request = request
    this.#connection = pool.take()
    this.#connection.send(request, this)
  }

  onHead(head: ResponseHead): boolean {
    if (head.status >= 200) {
      this.#status = head.status
      this.#capture?.begin(head)
    }
    return true
  }

  onData(chunk: Buffer): boolean {
    this.#received += chunk.length
    this.#capture?.add(chunk)
    if (this.#received > answerBytes && this.#capture?.wantsMore !== true) {
      this.#capture?.end()
      this.#end(this.#status) // it answers, which is all that counts
      this.#connection?.abort()
    }
    return true
  }

  onEnd(): void {
    this.#connection = undefined
    this.#capture?.end()
    this.#end(this.#status)
  }

  onError(error: Error): void {
    this.#connection = undefined
    if (this.#ended) return
    if (this.#repeatable && error instanceof ConnectionError && error.kind === 'stale') {
      this.#repeatable = false
      this.#connection = (this.#pool as Pool).open()
      this.#connection.send(this.#request as UpstreamRequest, this)
    } else this.#end(0)
  }

  #end(status: number): void {
    if (this.#ended) return
    this.#ended = true
    this.#clock.clearTimer(this.#timer)
    this.#lease.release('ignored')
    this.#onSettled(status)
  }
}
