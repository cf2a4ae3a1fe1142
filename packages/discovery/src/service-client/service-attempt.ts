import { type Cancellation, type Clock, fromSignal, neverCancelled, type TimerHandle, toError } from '@hazeljs/core'
import type { CallContext, Outcome } from '@hazeljs/resilience'
import { Readable } from 'node:stream'
import type { Dispatcher, Pool } from 'undici'
import type { Lease } from '../load-balancers/lease.js'
import type { AnswerHead, AnswerReader } from './answer-reader.js'
import { mayPass, outcomeOfStatus, statusError, tooLargeError, transportError } from './attempt-failure.js'
import type { PreparedRequest } from './request.js'
import { retryAfterMsOf } from './retry-after.js'
import type { ResponseHeaders } from './service-response.js'

/** As much of a refused answer is read to its end to keep the connection; of a longer one the connection is given up. */
const discardBytes = 65_536
/** And no longer than this. */
const discardMs = 1_000

export interface AttemptTerms {
  readonly request: PreparedRequest
  readonly maxResponseBytes: number
  readonly clock: Clock
  /** The verdict on an instance whose attempt was called off for this reason. */
  outcomeOfAbort(reason: unknown, context: CallContext): Outcome
  /** The lease was given back. */
  settled(attempt: object): void
}

/**
 * One attempt: takes what the HTTP client reports about a call to one instance, and gives its lease back once, when the body has ended.
 *
 * waiting → reading → settled; waiting → settled where there is no answer; waiting → discarding → settled where the answer is thrown away
 * because another attempt follows.
 */
export class ServiceAttempt<Answer extends AnswerHead> implements Dispatcher.DispatchHandler {
  readonly answer: Promise<Answer>
  readonly #terms: AttemptTerms
  readonly #context: CallContext
  readonly #lease: Lease
  readonly #reader: AnswerReader<Answer>
  #resolve!: (answer: Answer) => void
  #reject!: (error: unknown) => void
  #state: 'waiting' | 'reading' | 'discarding' | 'settled' = 'waiting'
  #handed: Answer | undefined
  #status: number | undefined
  #controller: Dispatcher.DispatchController | undefined
  /** Who can call it off once the policies have handed the answer to the caller. */
  #caller: Cancellation = neverCancelled
  #timer: TimerHandle | undefined
  #discarded = 0

  constructor(terms: AttemptTerms, context: CallContext, lease: Lease, reader: AnswerReader<Answer>) {
    this.#terms = terms
    this.#context = context
    this.#lease = lease
    this.#reader = reader
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  get instanceId(): string {
    return this.#lease.instance.id
  }

  /** What the call was answered with before the body has ended. */
  get handed(): Answer | undefined {
    return this.#handed
  }

  send(pool: Pool): void {
    const { method, target, headers, body } = this.#terms.request
    if (body instanceof Readable && body.destroyed) {
      this.#fail(body.errored ?? new Error('The body was destroyed before it could be sent'), 'ignored')
      return
    }
    this.#context.cancellation.onAbort(this.#onAbort)
    try {
      pool.dispatch({ method, path: target, headers, body }, this)
    } catch (error) {
      this.#broke(toError(error))
    }
  }

  /** The call ended without this attempt: what it still does is for nobody. */
  abandon(reason: unknown): void {
    if (this.#state === 'waiting' || this.#state === 'reading') this.#onAbort(reason)
  }

  // A listener: the caller left, a timeout above ran out, or another copy was faster.
  readonly #onAbort = (reason: unknown): void => {
    const outcome = this.#status !== undefined && this.#status >= 500 ? 'failure' : this.#terms.outcomeOfAbort(reason, this.#context)
    this.#fail(reason, outcome)
    this.#controller?.abort(toError(reason))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // A request that was given up while it waited for a connection: undici would send it all the same. Throwing takes it back; `abort`
    // would also end the connection, and the body that another attempt may be sending.
    if (this.#state === 'settled') throw new Error('The request was given up before a connection was free')
    this.#controller = controller
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    if (status < 200 || this.#state !== 'waiting') return
    this.#status = status
    if (mayPass(status) && this.#claimsRetry(status, headers)) return
    this.#state = 'reading'
    const answer = this.#reader.begin({ status, headers }, controller, this.#leave)
    if (answer !== undefined) this.#hand(answer)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#state === 'discarding') {
      this.#discarded += chunk.length
      if (this.#discarded > discardBytes) controller.abort(new Error('The rest of the answer is not needed'))
    } else if (this.#state === 'reading' && !this.#reader.take(chunk)) {
      const { status, maxBytes } = { status: this.#status as number, maxBytes: this.#terms.maxResponseBytes }
      const error = tooLargeError(status, maxBytes, this.#where)
      this.#fail(error, outcomeOfStatus(status))
      controller.abort(error)
    }
  }

  onResponseEnd(): void {
    if (this.#state === 'discarding') this.#end('failure')
    if (this.#state !== 'reading') return
    const answer = this.#reader.end()
    this.#end(outcomeOfStatus(answer.status))
    if (this.#handed === undefined) this.#resolve(answer)
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, cause: Error): void {
    this.#broke(cause)
  }

  /** The HTTP client could not do it, or not to the end. */
  #broke(cause: Error): void {
    if (this.#state === 'discarding') this.#end('failure')
    if (this.#state === 'settled') return
    const code = (cause as { readonly code?: unknown }).code
    // Its Content-Length is that of the body it stands for (RFC 9110, 8.6); undici counts the bytes all the same.
    if (this.#status === 304 && code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') {
      this.onResponseEnd()
      return
    }
    const { body } = this.#terms.request
    if (body instanceof Readable && body.errored === cause) this.#fail(cause, 'ignored')
    else this.#fail(transportError(cause, this.#controller === undefined, this.#status, this.#where), 'failure')
  }

  get #where() {
    const { name: service, id: instance } = this.#lease.instance
    return { service, instance }
  }

  #claimsRetry(status: number, headers: ResponseHeaders): boolean {
    const error = statusError(status, retryAfterMsOf(headers, this.#terms.clock), this.#where)
    if (!this.#context.claimRetry(error)) return false
    this.#state = 'discarding'
    this.#timer = this.#terms.clock.setTimer(() => this.#controller?.abort(new Error('The answer is not needed')), discardMs, {
      background: true,
    })
    this.#reject(error)
    return true
  }

  #hand(answer: Answer): void {
    const { signal } = this.#terms.request
    this.#handed = answer
    if (signal !== undefined) {
      this.#caller = fromSignal(signal)
      this.#caller.onAbort(this.#onAbort)
    }
    this.#resolve(answer)
  }

  // The reader of a streamed body destroyed it, or it has ended.
  readonly #leave = (): void => {
    if (this.#state !== 'reading') return
    const status = this.#status as number
    this.#end(status >= 500 ? 'failure' : 'ignored')
    this.#controller?.abort(new Error('The body was given up by its reader'))
  }

  #fail(error: unknown, outcome: Outcome): void {
    if (this.#state === 'settled' || this.#state === 'discarding') return
    const wasReading = this.#state === 'reading'
    this.#end(outcome)
    if (wasReading) this.#reader.breakOff(toError(error))
    if (this.#handed === undefined) this.#reject(error)
  }

  #end(outcome: Outcome): void {
    this.#state = 'settled'
    this.#terms.clock.clearTimer(this.#timer)
    this.#context.cancellation.offAbort(this.#onAbort)
    this.#caller.offAbort(this.#onAbort)
    this.#lease.release(outcome)
    this.#terms.settled(this)
  }
}
