import type { Clock, Random } from '@hazeljs/core'
import type { InstancePicker } from '@hazeljs/discovery'
import { CircuitBreaker } from '@hazeljs/resilience'
import type { Readable } from 'node:stream'
import type { ArrivedRequest } from '../arrived-request.js'
import type { ResolvedMirror } from '../config/mirror-config.js'
import type { GatewayContext } from '../gateway-context.js'
import { headerValue } from '../http/header-lookup.js'
import { isIdempotent } from '../upstream/upstream-failure.js'
import type { UpstreamPools } from '../upstream/upstream-pools.js'
import { ByteBudget, mirrorBytes } from './byte-budget.js'
import type { AnswerCapture } from './diff/answer-capture.js'
import { Comparer } from './diff/comparer.js'
import { KeptBytes } from './kept-bytes.js'
import { MirrorCall } from './mirror-call.js'
import { type CopiedRequest, type CopyOwner, MirrorCopy } from './mirror-copy.js'
import { type DroppedCopies, MirrorCounts, type MirrorSnapshot } from './mirror-counts.js'
import { mirrorHead, type MirrorHead } from './mirror-head.js'

/** Copies in a row without a whole answer after which none are sent for 5 s; longer each time that the next one fails as well. */
export const failuresToOpen = 5

/** A request as its instance will get it, before a function changes its body. */
export interface MirroredRequest {
  readonly arrived: Pick<ArrivedRequest, 'method' | 'rawHeaders'>
  readonly body: Readable | Buffer | null
  readonly target: { readonly path: string }
  readonly upstreamTarget: string
  readonly upstreamHeaders: readonly string[]
  readonly clientIp: string
  readonly requestId: string | undefined
}

/** Sends copies of a route's requests to another service, and never lets that service's state touch the originals. */
export class Mirror implements CopyOwner {
  readonly holdsAnswer: boolean
  readonly clock: Clock
  readonly counts: MirrorCounts
  readonly comparer: Comparer | undefined
  readonly #config: ResolvedMirror
  readonly #route: string
  readonly #methods: ReadonlySet<string>
  readonly #head: MirrorHead
  readonly #picker: InstancePicker
  readonly #pools: UpstreamPools
  readonly #random: Random
  readonly #breaker: CircuitBreaker
  readonly #budget = new ByteBudget(mirrorBytes)
  readonly #copies = new Set<MirrorCopy>()

  /** `route` names it in metrics and events. */
  constructor(config: ResolvedMirror, route: string, { clock, random, pools, discovery, events, config: { metrics } }: GatewayContext) {
    const { service, filter, diff } = config
    this.holdsAnswer = config.waitForResponse
    this.clock = clock
    this.counts = new MirrorCounts(metrics, clock)
    this.comparer = diff && new Comparer(diff, { route, service }, this.#budget, events)
    this.#config = config
    this.#route = route
    this.#methods = new Set(config.methods)
    this.#head = mirrorHead(config)
    this.#picker = discovery.picker(service, filter && { filter })
    this.#pools = pools
    this.#random = random
    this.#breaker = new CircuitBreaker(
      {
        failureThreshold: failuresToOpen,
        slidingWindow: { type: 'count', size: failuresToOpen },
        successThreshold: 1,
        resultPredicate: (status: number) => (status === 0 ? 'failure' : 'success'),
      },
      clock,
      random,
    )
  }

  /** Whether answers are compared. */
  get compares(): boolean {
    return this.comparer !== undefined
  }

  /**
   * Copies a request; `undefined` where it isn't copied. Whoever sends the request tells the copy when it has ended. `comparable`: whether its
   * answer is one that the mirror's may be compared with, where it compares at all.
   */
  copy(request: MirroredRequest, comparable: boolean): MirrorCopy | undefined {
    const { arrived, body, upstreamTarget, upstreamHeaders, clientIp, target, requestId } = request
    const { percentage, maxBodyBytes } = this.#config
    if (!this.#methods.has(arrived.method) || this.#random.next() * 100 >= percentage) return undefined
    const reason = this.#refusal(arrived.rawHeaders, body)
    if (reason !== undefined) {
      this.counts.drop(reason)
      return undefined
    }
    const copy = new MirrorCopy(
      this,
      { method: arrived.method, target: upstreamTarget, headers: upstreamHeaders, clientIp },
      new KeptBytes(this.#budget, maxBodyBytes),
      comparable ? this.comparer?.pair({ method: arrived.method, path: target.path, requestId }) : undefined,
    )
    this.#copies.add(copy)
    copy.begin(body)
    return copy
  }

  dispatch(
    { method, target, headers, clientIp }: CopiedRequest,
    body: Buffer | null,
    capture: AnswerCapture | undefined,
    onSettled: (status: number) => void,
  ): keyof DroppedCopies | undefined {
    const lease = this.#picker.acquire({ key: clientIp })
    if (lease === undefined) return 'noInstance'
    const { timeoutMs } = this.#config
    const decision = { admitted: false }
    const send = () => {
      decision.admitted = true
      return new Promise<number>((resolve) => {
        const repeatable = isIdempotent(method, headers)
        const call = new MirrorCall(lease, this.clock, { timeoutMs, repeatable, capture }, (status) => {
          resolve(status)
          onSettled(status)
        })
        try {
          call.start(this.#pools.for(lease.instance), { method, target, headers: this.#head(headers), body, upgrade: undefined })
        } catch {
          call.giveUp()
        }
      })
    }
    this.#breaker.execute(send).catch(rejected)
    if (decision.admitted) return undefined // a breaker decides at once
    lease.release('ignored')
    return 'open'
  }

  gone(copy: MirrorCopy): void {
    this.#copies.delete(copy)
  }

  /** Since the route was made: pairs of answers of which it is known whether they differ, and those that do. Without `diff` both stay 0. */
  diffRate(): { readonly compared: number; readonly different: number } {
    return this.comparer?.report.rate ?? { compared: 0, different: 0 }
  }

  snapshot(): MirrorSnapshot {
    return {
      route: this.#route,
      service: this.#config.service,
      ...this.counts.snapshot(),
      inFlight: this.#copies.size,
      bytes: this.#budget.kept,
      diff: this.comparer?.report.snapshot(),
    }
  }

  /** Copies that were sent go on; the others are dropped. */
  close(): void {
    for (const copy of [...this.#copies]) copy.close()
    this.comparer?.close()
    this.#picker.close()
  }

  #refusal(rawHeaders: readonly string[], body: Readable | Buffer | null): keyof DroppedCopies | undefined {
    const { maxInFlight, maxBodyBytes } = this.#config
    if (this.#breaker.getTimeUntilNextAttempt() > 0) return 'open'
    if (this.#copies.size >= maxInFlight) return 'inFlight'
    if (body === null) return undefined
    const length = Buffer.isBuffer(body) ? body.length : Number(headerValue(rawHeaders, 'content-length') ?? 0)
    return length > maxBodyBytes ? 'bytes' : undefined
  }
}

function rejected(): void {
  // by the breaker, which whoever sends hears otherwise; a call never rejects
}
