import { CancelSource } from '@hazeljs/core'
import type { Lease } from '@hazeljs/discovery'
import { CallContext } from '@hazeljs/resilience'
import type { Readable } from 'node:stream'
import type { ArrivedRequest } from './arrived-request.js'
import type { Assignment } from './canary/assignment/assignment.js'
import { ClientLeftError, type GatewayError } from './errors.js'
import type { ClientResponse } from './http/client-response.js'
import type { ClientUpgrade } from './http/client-upgrade.js'
import type { RequestTarget } from './http/target.js'
import type { AnswerCapture } from './mirror/diff/answer-capture.js'
import type { RoutePlan } from './route-plan.js'
import type { Subset } from './subset.js'

const unknownTarget: RequestTarget = Object.freeze({ kind: 'target', path: '', query: '', authority: undefined })

/** What is known of a request so far. Each stage adds what it found out; later stages read it. */
export class Exchange {
  readonly arrived: ArrivedRequest
  /** Where the answer goes; `transformBodies` puts one of its own in front while an answer is on its way. */
  response: ClientResponse

  /** Aborted when the client leaves. Policies that abort hang their own below it. */
  readonly cancellation = new CancelSource()
  /** The innermost context so far: what the running stage has to obey. */
  context = new CallContext(this.cancellation)

  /** Streams that were read no further; `null` once known to be empty; a Buffer once kept for replay. */
  body: Readable | Buffer | null
  /** A streamed body has begun to flow to an instance: it can't be sent again. */
  bodySpent = false

  /** Set on arrival, where the client asks for another protocol on its connection. */
  upgrade: ClientUpgrade | undefined
  /** Set by `observe`: when it came, by the clock's `now()`. */
  startedAt = 0
  /** Set by `identify`. */
  clientIp = ''
  peerTrusted = false
  requestId: string | undefined
  /** Set by `validate`. */
  target: RequestTarget = unknownTarget
  host = ''
  /** Set by `matchRoute`. */
  route: RoutePlan | undefined
  /** Set by `chooseSubset`, and by `fallBack` when stable takes over. */
  subset: Subset | undefined
  /** Which arm of the route's canary that is, where it is one. */
  assignment: Assignment | undefined
  /** Set by `fallBack` while the canary has its one attempt: whatever 5xx it answers with, stable may answer instead. */
  fallsBack = false
  /** Set by `rewrite`: path and query, and the fields, as the instance gets them. */
  upstreamTarget = ''
  upstreamHeaders: string[] = []
  /** Set by `mirror`: the answer's head waits for it. */
  answerHold: Promise<void> | undefined
  /** Set by `mirror`: is told the instance's answer, to be compared with the mirror's. */
  answerCapture: AnswerCapture | undefined
  /** Set by `limitTime` and `adaptConcurrency`: to be called for an answer that has no natural end, which no timeout and no measure fits. */
  liftTimeLimit: (() => void) | undefined
  /** Set by `pickInstance`. */
  lease: Lease | undefined
  /** Ids of the instances that were tried. */
  tried: string[] | undefined
  /** Fields that stages put on every answer, the gateway's own included: name, value, … */
  answerHeaders: string[] | undefined
  /** Set by an attempt where the route has a canary: when the head of the latest answer came. */
  headAtMs: number | undefined
  /** What the client was told; 0 as long as nothing was. */
  status = 0
  /** Why the answer was none, or broke off. */
  failure: Error | undefined

  constructor(arrived: ArrivedRequest, response: ClientResponse) {
    this.arrived = arrived
    this.response = response
    this.body = arrived.body
  }

  get peer(): string {
    return this.arrived.peer
  }

  get httpVersion(): string | undefined {
    return this.arrived.httpVersion
  }

  get proto(): 'http' | 'https' {
    return this.arrived.proto
  }

  /** The client went away before its answer was complete: whatever runs for it is called off. */
  clientLeft(): void {
    this.cancellation.abort(new ClientLeftError())
  }

  /** The client did something that ends its request: whatever runs for it is called off, and it is told, if it was told nothing yet. */
  callOff(problem: GatewayError): void {
    this.cancellation.abort(problem)
  }

  get isCalledOff(): boolean {
    return this.cancellation.aborted
  }

  get clientIsGone(): boolean {
    return this.cancellation.aborted && this.cancellation.reason instanceof ClientLeftError
  }

  /** Bytes of the request are still to come: an answer given now has to be the connection's last. */
  get bodyIsArriving(): boolean {
    const { body } = this.arrived
    return body !== null && !Buffer.isBuffer(body) && !body.readableEnded
  }

  /** The instance has done its part for now: the client has to send on, or to take what there is. */
  get waitsForClient(): boolean {
    if (this.response.headersSent) return this.response.writableNeedDrain
    return this.bodyIsArriving && (this.arrived.body as Readable).readableLength === 0
  }

  /** @param fields name, value, …; not kept */
  addAnswerHeaders(fields: readonly string[]): void {
    if (fields.length === 0) return
    if (this.answerHeaders === undefined) this.answerHeaders = fields.slice()
    else this.answerHeaders.push(...fields)
  }

  addAnswerHeader(name: string, value: string): void {
    if (this.answerHeaders === undefined) this.answerHeaders = [name, value]
    else this.answerHeaders.push(name, value)
  }
}
