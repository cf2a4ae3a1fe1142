import { type Clock, type Logger, toError } from '@hazeljs/core'
import { type CallContext, HedgeLostError, type Outcome } from '@hazeljs/resilience'
import { Readable } from 'node:stream'
import { DiscoveryError } from '../errors.js'
import type { Lease } from '../load-balancers/lease.js'
import type { AnswerHead, AnswerReader } from './answer-reader.js'
import { type CallPolicies, timeLimit } from './call-policies.js'
import type { PreparedRequest } from './request.js'
import { type AttemptTerms, ServiceAttempt } from './service-attempt.js'
import type { ServiceTarget } from './service-target.js'

/** What all calls of a client have in common. */
export interface CallTerms {
  readonly target: ServiceTarget
  readonly policies: CallPolicies
  readonly maxResponseBytes: number
  readonly clock: Clock
  readonly logger: Logger
}

/** One call, with all of its attempts: each goes to an instance that the others did not, as long as there is one. */
export class ServiceCall<Answer extends AnswerHead> implements AttemptTerms {
  readonly request: PreparedRequest
  readonly maxResponseBytes: number
  readonly clock: Clock
  readonly #terms: CallTerms
  readonly #reader: () => AnswerReader<Answer>
  readonly #tried: string[]
  readonly #underWay = new Set<ServiceAttempt<Answer>>()
  /** Around all attempts: called off by the caller, by a deadline around the call, and when the total time is over. */
  #whole: CallContext | undefined

  constructor(terms: CallTerms, request: PreparedRequest, reader: () => AnswerReader<Answer>) {
    this.request = request
    this.maxResponseBytes = terms.maxResponseBytes
    this.clock = terms.clock
    this.#terms = terms
    this.#reader = reader
    this.#tried = [...request.exclude]
  }

  async run(): Promise<Answer> {
    const { signal, idempotent, timeoutMs, body } = this.request
    const { policies, target } = this.#terms
    const { total, attempts } = policies
    const timeout = timeoutMs === undefined ? total : timeLimit('The call', target.serviceName, timeoutMs, this.clock)
    const within = (whole: CallContext) => {
      this.#whole = whole
      return attempts.execute((context) => this.#attempt(context), whole)
    }
    try {
      const answer = await timeout.execute(within, { signal, idempotent })
      this.#abandonAllBut(answer, new HedgeLostError())
      return answer
    } catch (error) {
      this.#abandonAllBut(undefined, error)
      if (body instanceof Readable) body.destroy()
      throw error
    }
  }

  /**
   * A late attempt that the end of the total time cut short had only what the others left, and an instance that took all that came of the
   * caller's stream waits for the caller: neither says anything of the instance.
   */
  outcomeOfAbort(reason: unknown, { attempt }: CallContext): Outcome {
    if ((reason as { readonly code?: unknown } | null | undefined)?.code !== 'TIMEOUT') return 'ignored'
    const { body } = this.request
    if (body instanceof Readable && body.readableFlowing === true && body.readableLength === 0 && !body.readableEnded) return 'ignored'
    return this.#whole?.aborted === true && attempt > 1 ? 'ignored' : 'failure'
  }

  settled(attempt: ServiceAttempt<Answer>): void {
    this.#underWay.delete(attempt)
  }

  async #attempt(context: CallContext): Promise<Answer> {
    const { target } = this.#terms
    const lease = await target.lease({ ...this.request.pick, exclude: this.#tried }, this.request.filter, context.cancellation)
    const attempt = new ServiceAttempt(this, context, lease, this.#reader())
    try {
      // Whoever calls it off hears nothing of a lease that nobody was told of.
      if (context.aborted) throw context.cancellation.reason
      this.#assertOther(lease)
      const pool = target.poolOf(lease.instance)
      this.#tried.push(lease.instance.id)
      this.#underWay.add(attempt)
      attempt.send(pool)
    } catch (error) {
      lease.release('ignored')
      if (!this.#isPassedOver(lease, error)) throw error
      return this.#attempt(context)
    }
    try {
      return await attempt.answer
    } catch (error) {
      this.#log(lease, context, error)
      throw error
    }
  }

  /** Whether the attempt goes to another instance, since nothing can be sent to this one. It comes back only where there is no other. */
  #isPassedOver({ instance: { id } }: Lease, error: unknown): boolean {
    const isUnusable = error instanceof DiscoveryError && error.code === 'INSTANCE_UNUSABLE'
    if (!isUnusable || this.#tried.includes(id)) return false
    this.#tried.push(id)
    return true
  }

  /** A second copy on the instance that is slow would only slow it down: the first goes on alone. */
  #assertOther({ instance: { id, name } }: Lease): void {
    for (const { instanceId } of this.#underWay) {
      if (instanceId === id) throw new DiscoveryError('NO_INSTANCE', `No other instance of '${name}' is UP to hedge the call with`)
    }
  }

  #abandonAllBut(answer: Answer | undefined, reason: unknown): void {
    for (const attempt of this.#underWay) if (answer === undefined || attempt.handed !== answer) attempt.abandon(reason)
  }

  #log({ instance }: Lease, { attempt }: CallContext, error: unknown): void {
    const { method, path } = this.request
    const { message, code } = toError(error) as Error & { readonly code?: unknown }
    const fields = { service: instance.name, instance: instance.id, method, path, attempt, code, error: message }
    this.#terms.logger.debug(fields, 'An attempt of a call failed')
  }
}
