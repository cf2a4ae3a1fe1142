import type { Lease } from '@hazeljs/discovery'
import type { Outcome } from '@hazeljs/resilience'
import type { Exchange } from '../exchange.js'
import type { GatewayContext } from '../gateway-context.js'
import type { ResponseHeaderRules } from '../http/headers.js'
import type { ResponseHead } from './response-head.js'
import { UpstreamAttempt } from './upstream-attempt.js'

/** An attempt of a route whose answers are compared with a mirror's: tells of the answer as it comes, before anything is done to it. */
export class CapturedAttempt extends UpstreamAttempt {
  readonly #exchange: Exchange

  constructor(
    exchange: Exchange,
    lease: Lease,
    rules: ResponseHeaderRules,
    gateway: Pick<GatewayContext, 'clock' | 'loneHeads'>,
    resolve: (outcome: Outcome) => void,
    reject: (error: unknown) => void,
  ) {
    super(exchange, lease, rules, gateway, resolve, reject)
    this.#exchange = exchange
  }

  override onHead(head: ResponseHead): boolean {
    if (head.status >= 200) this.#exchange.answerCapture?.begin(head)
    return super.onHead(head)
  }

  override onData(chunk: Buffer): boolean {
    this.#exchange.answerCapture?.add(chunk)
    return super.onData(chunk)
  }

  override onEnd(trailers: readonly string[] | undefined): void {
    this.#exchange.answerCapture?.end()
    super.onEnd(trailers)
  }
}
