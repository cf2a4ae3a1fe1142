import { type Clock, type TimerHandle, toError } from '@hazeljs/core'
import type { Lease } from '@hazeljs/discovery'
import type { CallContext, Outcome } from '@hazeljs/resilience'
import { GatewayError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import type { GatewayContext } from '../gateway-context.js'
import { breakOff } from '../http/client-response.js'
import type { ResponseHeaderRules } from '../http/headers.js'
import { relayInterim } from './interim-answer.js'
import { AnswerRelay } from './answer-relay.js'
import type { Connection } from './connection.js'
import { ConnectionError } from './connection-error.js'
import { discardAnswer } from './discarded-answer.js'
import type { LoneHeads } from './lone-heads.js'
import type { Pool } from './pool.js'
import type { ResponseHead } from './response-head.js'
import type { UpstreamCall, UpstreamRequest } from './upstream-request.js'
import { retryAfterMs } from '../http/retry-after.js'
import { headTimeout, isIdempotent, statusFailure, upstreamFailure } from './upstream-failure.js'

/**
 * One attempt: takes what the HTTP client reports about a call to an instance, and passes the answer on as it comes.
 *
 * waiting → settled: without an answer, so that another may be given; or when the answer has gone to the client, or broke off.
 */
export class UpstreamAttempt implements UpstreamCall {
  readonly #exchange: Exchange
  readonly #context: CallContext
  readonly #lease: Lease
  readonly #clock: Clock
  readonly #loneHeads: LoneHeads
  readonly #rules: ResponseHeaderRules
  readonly #resolve: (outcome: Outcome) => void
  readonly #reject: (error: unknown) => void
  #settled = false
  #relay: AnswerRelay | undefined
  #timer: TimerHandle | undefined
  #headTimeoutMs: number | undefined
  #connection: Connection | undefined
  #pool: Pool | undefined
  #request: UpstreamRequest | undefined
  #connected = false
  #sentAgain = false
  #switched = false
  #awaitsDrain = false
  readonly #startedAtMs: number
  #latencyMs: number | undefined // where the length of the attempt says nothing of the instance's speed

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
    this.#startedAtMs = clock.now()
    this.#loneHeads = loneHeads
    this.#resolve = resolve
    this.#reject = reject
    this.#context.cancellation.onAbort(this.#onAbort)
  }

  /** Gives the instance so long to answer with a head: from now, and for a streamed body anew from when it has been sent. */
  limitHead(timeoutMs: number): void {
    this.#headTimeoutMs = timeoutMs
    this.#timer = this.#clock.setTimer(() => {
      this.#fail(headTimeout(timeoutMs, !this.#connected, this.repeatable), 'failure')
      this.#connection?.abort()
    }, timeoutMs)
  }

  get repeatable(): boolean {
    return !this.#exchange.bodySpent && isIdempotent(this.#exchange.arrived.method, this.#exchange.arrived.rawHeaders)
  }

  // A listener of the exchange's cancellation: the client left or was too slow, or a timeout above ran out.
  readonly #onAbort = (reason: unknown): void => {
    const outcome = this.#exchange.clientIsGone || reason instanceof GatewayError ? 'ignored' : 'failure'
    this.#fail(reason, outcome)
    this.#connection?.abort()
  }

  /** Sends the request on a connection of `pool`. */
  start(pool: Pool, request: UpstreamRequest): void {
    this.#pool = pool
    this.#request = request
    this.#connection = request.upgrade === undefined ? pool.take() : pool.open(true)
    this.#connection.send(request, this)
  }

  onConnected(): void {
    this.#connected = true
    const { body } = this.#exchange
    if (body === null || Buffer.isBuffer(body)) return
    this.#exchange.bodySpent = true
    this.#clock.clearTimer(this.#timer)
  }

  onRequestSent(): void {
    if (this.#headTimeoutMs !== undefined && this.#exchange.bodySpent && this.#relay === undefined) this.limitHead(this.#headTimeoutMs)
  }

  onHead(head: ResponseHead): boolean {
    const { status, headers } = head
    if (status < 200) {
      relayInterim(status, headers, this.#exchange)
      return true
    }
    this.#clock.clearTimer(this.#timer)
    if (status >= 500 && this.#claimsRetry(status, headers)) return true
    const { answerHold, assignment } = this.#exchange
    if (assignment !== undefined) this.#exchange.headAtMs = this.#clock.now()
    if (answerHold === undefined) {
      this.#begin(head)
      return true
    }
    void answerHold.then(() => {
      if (this.#settled) return
      this.#begin(head)
      this.#connection?.resume()
    })
    return false
  }

  onData(chunk: Buffer): boolean {
    try {
      if (this.#relay?.write(chunk) !== false) return true
      if (!this.#awaitsDrain) this.#exchange.response.once('drain', this.#onDrain) // a read may have many chunks
      this.#awaitsDrain = true
    } catch (error) {
      this.#giveUp(error)
    }
    return false
  }

  readonly #onDrain = (): void => {
    this.#awaitsDrain = false
    this.#connection?.resume()
  }

  onError(cause: Error): void {
    this.#connection = undefined
    // The instance may have closed a connection, as idle, while the request was on its way: RFC 9112, 9.3.1, on sending it again.
    const isStale = cause instanceof ConnectionError && cause.kind === 'stale'
    if (isStale && !this.#settled && !this.#sentAgain && this.repeatable) {
      this.#sentAgain = true
      this.#connection = (this.#pool as Pool).open()
      this.#connection.send(this.#request as UpstreamRequest, this)
    } else this.refuse(cause)
  }

  /** The request could not be sent, or was not answered to the end. */
  refuse(cause: Error): void {
    const failure = upstreamFailure(cause, !this.#connected, this.repeatable)
    this.#fail(failure, failure.status < 500 ? 'ignored' : 'failure')
  }

  onEnd(trailers: readonly string[] | undefined): void {
    this.#connection = undefined // it may be another call's in a moment
    if (this.#settled || this.#relay === undefined) return
    try {
      this.#relay.end(trailers)
    } catch (error) {
      this.#giveUp(error)
      return
    }
    const outcome = this.#relay.status >= 500 ? 'failure' : 'success'
    this.#end(outcome)
    this.#resolve(outcome)
  }

  /** The connection is another protocol's from now on. Gives what ends the attempt; `undefined` where it was given up before. */
  protected switchProtocols(): ((outcome: Outcome) => void) | undefined {
    if (this.#settled) return undefined
    this.#clock.clearTimer(this.#timer)
    this.#connection = undefined
    this.#switched = true
    this.#latencyMs = this.#clock.now() - this.#startedAtMs
    return (outcome) => {
      if (!this.#settled) this.#end(outcome)
      this.#resolve(outcome)
    }
  }

  #begin(head: ResponseHead): void {
    try {
      this.#relay = new AnswerRelay(this.#exchange, head, this.#rules)
      if (this.#relay.isEventStream) this.#latencyMs = this.#clock.now() - this.#startedAtMs
      this.#loneHeads.add(this)
    } catch (error) {
      this.#giveUp(error)
    }
  }

  /** See {@link LoneHeads}. */
  flushHead(): void {
    if (this.#settled) return
    try {
      this.#relay?.flushHead()
    } catch (error) {
      this.#giveUp(error)
    }
  }

  #giveUp(error: unknown): void {
    this.#fail(error, 'failure')
    this.#connection?.abort()
  }

  /** Ends without an answer, which somebody further out may give; or in the middle of one: then a part must not be taken for the whole. */
  #fail(error: unknown, outcome: Outcome): void {
    if (this.#settled) return
    this.#end(outcome) // first: destroying the response may say at once that the client has left
    if (this.#relay?.sent !== true && !this.#switched) {
      this.#reject(error)
      return
    }
    this.#exchange.failure = toError(error)
    breakOff(this.#exchange.response)
    this.#resolve(outcome)
  }

  #claimsRetry(status: number, rawHeaders: string[]): boolean {
    if (status !== 503 && status !== 502 && status !== 504 && !this.#exchange.fallsBack) return false
    const error = statusFailure(status, this.repeatable, retryAfterMs(rawHeaders, this.#clock))
    if (!this.#context.claimRetry(error)) return false
    discardAnswer(this.#connection as Connection, this.#lease, this.#clock)
    this.#connection = undefined
    this.#settle()
    this.#reject(error)
    return true
  }

  #end(outcome: Outcome): void {
    this.#settle()
    this.#lease.release(outcome, this.#latencyMs)
  }

  #settle(): void {
    this.#settled = true
    this.#clock.clearTimer(this.#timer)
    this.#context.cancellation.offAbort(this.#onAbort)
  }
}
