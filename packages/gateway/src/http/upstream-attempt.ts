import { type Clock, type TimerHandle, toError } from '@hazeljs/core'
import type { Lease } from '@hazeljs/discovery'
import type { CallContext, Outcome } from '@hazeljs/resilience'
import type { Dispatcher } from 'undici'
import { GatewayError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import type { GatewayContext } from '../gateway-context.js'
import { breakOff } from './client-response.js'
import { type ResponseHeaderRules, responseHeaders } from './headers.js'
import { relayInterim } from './interim-answer.js'
import { latin1 } from './latin1.js'
import type { LoneHeads } from './lone-heads.js'
import { retryAfterMs } from './retry-after.js'
import { endStreamed } from './trailers.js'
import { badUpgrade, headTimeout, isIdempotent, statusFailure, upstreamFailure } from './upstream-failure.js'

/** A body up to this size that arrives whole goes out in one write with its head. */
const wholeBodyBytes = 4_096
/** As much of a refused answer is read to its end to keep the connection, and no longer than that; then the connection is given up. */
const discardBytes = 65_536
const discardMs = 1_000

/**
 * One attempt: takes what the HTTP client reports about a call to an instance, and passes the answer on as it comes.
 *
 * waiting → streaming → settled, once the answer has gone to the client; waiting → settled where there is none;
 * waiting → discarding where the answer is thrown away because another attempt follows.
 */
export class UpstreamAttempt implements Dispatcher.DispatchHandler {
  readonly #exchange: Exchange
  readonly #context: CallContext
  readonly #lease: Lease
  readonly #clock: Clock
  readonly #loneHeads: LoneHeads
  readonly #rules: ResponseHeaderRules
  readonly #resolve: (outcome: Outcome) => void
  readonly #reject: (error: unknown) => void
  #state: 'waiting' | 'streaming' | 'discarding' | 'settled' = 'waiting'
  #timer: TimerHandle | undefined
  #headTimeoutMs: number | undefined
  #abortUpstream: ((reason?: Error) => void) | undefined
  #resume: (() => void) | undefined
  #length = -1
  #whole: Buffer | undefined
  #bodyBegan = false
  #endedWhileHeld = false
  #discarded = 0

  constructor(
    exchange: Exchange,
    lease: Lease,
    rules: ResponseHeaderRules,
    { clock, loneHeads }: Pick<GatewayContext, 'clock' | 'loneHeads'>,
    resolve: (outcome: Outcome) => void,
    reject: (error: unknown) => void,
  ) {
    this.#exchange = exchange
    this.#context = exchange.context
    this.#lease = lease
    this.#rules = rules
    this.#clock = clock
    this.#loneHeads = loneHeads
    this.#resolve = resolve
    this.#reject = reject
    this.#context.cancellation.onAbort(this.#onAbort)
  }

  /** Gives the instance so long to answer with a head: from now, and for a streamed body anew from when it has been sent. */
  limitHead(timeoutMs: number): void {
    this.#headTimeoutMs = timeoutMs
    this.#timer = this.#clock.setTimer(() => {
      this.#fail(headTimeout(timeoutMs, this.#abortUpstream === undefined, this.repeatable), 'failure')
      this.#abortUpstream?.()
    }, timeoutMs)
  }

  get repeatable(): boolean {
    const { arrived, bodySpent } = this.#exchange
    return !bodySpent && isIdempotent(arrived.method, arrived.rawHeaders)
  }

  // A listener of the exchange's cancellation: the client left or was too slow, or a timeout above ran out.
  readonly #onAbort = (reason: unknown): void => {
    const outcome = this.#exchange.clientIsGone || reason instanceof GatewayError ? 'ignored' : 'failure'
    if (this.#state === 'waiting') this.#fail(reason, outcome)
    else this.#cut(toError(reason), outcome)
    this.#abortUpstream?.()
  }

  onConnect(abort: (reason?: Error) => void): void {
    // A request that was given up while it waited for a connection: undici would send it all the same, and its answer would pause the
    // connection for ever. Throwing takes it back; `abort` would also end the connection, and the body that another attempt may be sending.
    if (this.#state === 'settled') throw new Error('The request was given up before a connection was free')
    this.#abortUpstream = abort
    const { body } = this.#exchange
    if (body === null || Buffer.isBuffer(body)) return
    this.#exchange.bodySpent = true
    this.#clock.clearTimer(this.#timer)
  }

  onRequestSent(): void {
    if (this.#headTimeoutMs !== undefined && this.#exchange.bodySpent && this.#state === 'waiting') this.limitHead(this.#headTimeoutMs)
  }

  onHeaders(status: number, rawHeaders: Buffer[], resume: () => void): boolean {
    if (status === 101) throw badUpgrade('a 101 that names no protocol')
    if (status < 200) return relayInterim(status, rawHeaders, this.#exchange)
    this.#clock.clearTimer(this.#timer)
    this.#resume = resume
    if ((status === 503 || status === 502 || status === 504) && this.#claimsRetry(status, rawHeaders)) return true
    const { answerHold } = this.#exchange
    if (answerHold === undefined) {
      this.#begin(status, rawHeaders)
      return true
    }
    void answerHold.then(() => {
      if (this.#state !== 'waiting') return
      this.#begin(status, rawHeaders)
      if (this.#endedWhileHeld) this.onComplete()
      else resume()
    })
    return false
  }

  onData(chunk: Buffer): boolean {
    if (this.#state === 'discarding') {
      this.#discarded += chunk.length
      if (this.#discarded > discardBytes) this.#abortUpstream?.()
      return true
    }
    if (chunk.length === this.#length && chunk.length < wholeBodyBytes) {
      this.#whole = chunk // the end follows in the same run of the parser
      return true
    }
    const { response } = this.#exchange
    this.#bodyBegan = true
    if (response.write(chunk)) return true
    response.once('drain', this.#resume as () => void)
    return false
  }

  onError(cause: Error): void {
    this.refuse(cause)
  }

  /** The HTTP client could not do it, or not to the end. */
  refuse(cause: Error): void {
    if (this.#state === 'settled') return
    if (this.#state === 'discarding') {
      this.#end('failure')
      return
    }
    // Its Content-Length is that of the body it stands for (RFC 9110, 8.6); undici counts the bytes all the same.
    if (this.#exchange.status === 304 && 'code' in cause && cause.code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') {
      this.onComplete()
      return
    }
    const failure = upstreamFailure(cause, this.#abortUpstream === undefined, this.repeatable)
    const outcome = failure.status < 500 ? 'ignored' : 'failure'
    if (this.#state === 'waiting') this.#fail(failure, outcome)
    else this.#cut(failure, outcome)
  }

  onComplete(trailers: readonly (Buffer | string)[] | null = null): void {
    if (this.#state === 'discarding') {
      this.#end('failure')
      return
    }
    if (this.#state === 'waiting') {
      this.#endedWhileHeld = true // an answer to HEAD: undici does not pause those
      return
    }
    if (this.#state === 'settled') return
    const { response, status } = this.#exchange
    if (this.#whole === undefined) endStreamed(this.#exchange, trailers)
    else response.end(latin1(this.#whole), 'latin1') // a string joins the head in one write
    const outcome = status >= 500 ? 'failure' : 'success'
    this.#end(outcome)
    this.#resolve(outcome)
  }

  /** The connection is another protocol's from now on. Gives what ends the attempt; `undefined` where it was given up before. */
  protected switchProtocols(): ((outcome: Outcome) => void) | undefined {
    if (this.#state !== 'waiting') return undefined
    this.#clock.clearTimer(this.#timer)
    this.#state = 'streaming'
    return (outcome) => {
      if (this.#state !== 'settled') this.#end(outcome)
      this.#resolve(outcome)
    }
  }

  #begin(status: number, rawHeaders: Buffer[]): void {
    const exchange = this.#exchange
    try {
      const { headers, contentLength, isEventStream } = responseHeaders(rawHeaders, exchange.answerHeaders, this.#rules)
      this.#length = contentLength
      if (exchange.bodyIsArriving) exchange.response.shouldKeepAlive = false
      exchange.response.writeHead(status, headers)
      if (isEventStream) exchange.liftTimeLimit?.()
    } catch (error) {
      this.#fail(error, 'failure')
      this.#abortUpstream?.()
      return
    }
    exchange.status = status
    this.#state = 'streaming'
    this.#loneHeads.add(this)
  }

  /** See {@link LoneHeads}. */
  flushHead(): void {
    if (this.#state === 'streaming' && !this.#bodyBegan) this.#exchange.response.flushHeaders()
  }

  /** Ends without an answer: somebody further out may give one. */
  #fail(error: unknown, outcome: Outcome): void {
    if (this.#state !== 'waiting') return
    this.#end(outcome)
    this.#reject(error)
  }

  /** Ends in the middle of an answer: the client must not take a part for the whole. */
  #cut(failure: Error, outcome: Outcome): void {
    if (this.#state !== 'streaming') return
    this.#end(outcome) // first: destroying the response may say at once that the client has left
    this.#exchange.failure = failure
    breakOff(this.#exchange.response)
    this.#resolve(outcome)
  }

  #claimsRetry(status: number, rawHeaders: Buffer[]): boolean {
    const error = statusFailure(status, this.repeatable, retryAfterMs(rawHeaders, this.#clock))
    if (!this.#context.claimRetry(error)) return false
    this.#state = 'discarding'
    this.#timer = this.#clock.setTimer(() => this.#abortUpstream?.(), discardMs)
    this.#reject(error)
    return true
  }

  #end(outcome: Outcome): void {
    this.#state = 'settled'
    this.#clock.clearTimer(this.#timer)
    this.#context.cancellation.offAbort(this.#onAbort)
    this.#lease.release(outcome)
  }
}
