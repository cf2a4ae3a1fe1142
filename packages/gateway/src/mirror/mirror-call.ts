import type { Clock, TimerHandle } from '@hazeljs/core'
import type { Lease } from '@hazeljs/discovery'
import type { Connection } from '../upstream/connection.js'
import type { Pool } from '../upstream/pool.js'
import type { ResponseHead } from '../upstream/response-head.js'
import type { UpstreamCall, UpstreamRequest } from '../upstream/upstream-request.js'

/** A copy that takes longer is given up. */
export const mirrorTimeoutMs = 10_000
/** As much of a mirror's answer is read; of a longer one the connection is given up. */
const answerBytes = 1_048_576

/** One copy under way. Its answer is read and thrown away. */
export class MirrorCall implements UpstreamCall {
  readonly #lease: Lease
  readonly #clock: Clock
  readonly #settled: () => void
  readonly #timer: TimerHandle
  #connection: Connection | undefined
  #received = 0
  #outcome: 'success' | 'failure' = 'failure'
  #ended = false

  /** `settled` is called once, when the copy has ended in any way. */
  constructor(lease: Lease, clock: Clock, settled: () => void) {
    this.#lease = lease
    this.#clock = clock
    this.#settled = settled
    this.#timer = clock.setTimer(
      () => {
        this.giveUp()
      },
      mirrorTimeoutMs,
      { background: true },
    )
  }

  giveUp(): void {
    this.#end('failure')
    this.#connection?.abort()
  }

  start(pool: Pool, request: UpstreamRequest): void {
    this.#connection = pool.take()
    this.#connection.send(request, this)
  }

  onHead({ status }: ResponseHead): boolean {
    this.#outcome = status >= 500 ? 'failure' : 'success'
    return true
  }

  onData(chunk: Buffer): boolean {
    this.#received += chunk.length
    if (this.#received > answerBytes) {
      this.#end(this.#outcome) // it answered, which is all that counts
      this.#connection?.abort()
    }
    return true
  }

  onEnd(): void {
    this.#end(this.#outcome)
  }

  onError(): void {
    this.#end('failure')
  }

  #end(outcome: 'success' | 'failure'): void {
    if (this.#ended) return
    this.#ended = true
    this.#clock.clearTimer(this.#timer)
    this.#lease.release(outcome)
    this.#settled()
  }
}
