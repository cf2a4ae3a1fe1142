import { CallContext, CircuitBreakerError, TimeoutError } from '@hazeljs/resilience'
import { noEpoch, stableWithoutEvidence } from '../canary/assignment/assignment.js'
import { GatewayError, UpstreamError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import { keepForReplay } from '../http/replay.js'
import type { RoutePlan } from '../route-plan.js'
import type { RouteStage } from '../stage.js'
import { canServe, type Subset } from '../subset.js'
import { isIdempotent } from '../upstream/upstream-failure.js'

/**
 * Sends a request that failed on the canary to stable, where sending it twice is harmless and nothing of an answer went to the client. The
 * canary has one attempt, which is judged at once; after it stable serves as it serves every request, retries included.
 */
export const fallBack: RouteStage = (route, { clock }) => {
  const { canary, versions } = route
  if (canary === undefined || !fallsBack(route)) return undefined
  const { engine, stable } = canary
  const canaryFields = versions?.selector.fieldsOf(canary.canary.version) ?? []
  const stableFields = versions?.selector.fieldsOf(stable.version) ?? []
  return async (exchange, next) => {
    const { assignment, context } = exchange
    if (assignment === undefined || !mayFallBack(exchange) || !canServe(stable)) return next(exchange)
    const startedAtMs = clock.now()
    if (exchange.body !== null && isIdempotent(exchange.arrived.method, exchange.arrived.rawHeaders)) {
      exchange.body = await keepForReplay(exchange.body, context)
    }
    const attempt = new OnlyAttempt(exchange, stable)
    exchange.context = attempt
    exchange.fallsBack = true
    try {
      return await next(exchange)
    } catch (failure) {
      if (!attempt.claimRetry(failure)) throw failure
      if (isTurnedAway(failure)) engine.divert()
      else engine.record(assignment, 'failure', clock.now() - startedAtMs, failure)
    } finally {
      exchange.fallsBack = false
    }
    exchange.context = context
    if (canaryFields !== stableFields) replaceFields((exchange.answerHeaders ??= []), canaryFields, stableFields)
    exchange.subset = stable
    exchange.assignment = stableWithoutEvidence
    exchange.lease = undefined
    return next(exchange)
  }
}

export function fallsBack({ canary }: RoutePlan): boolean {
  return canary?.engine.config.fallbackToStable === true
}

/** Testers see what the canary does. A protocol that was changed to is no answer that could be given again. */
export function mayFallBack({ assignment, upgrade }: Exchange): boolean {
  return assignment?.arm === 'canary' && assignment.epoch !== noEpoch && upgrade === undefined
}

/** What answers tell of one version's end is not true of another's. `own` stand in `fields` together, as they were added. */
function replaceFields(fields: string[], own: readonly string[], others: readonly string[]): void {
  const at = fields.findIndex((_field, i) => i % 2 === 0 && own.every((text, j) => fields[i + j] === text))
  if (at === -1) fields.push(...others)
  else fields.splice(at, own.length, ...others)
}

/** The canary's: a failure of it is claimed as for a retry. */
class OnlyAttempt extends CallContext {
  readonly #exchange: Exchange
  readonly #stable: Subset
  #claimed: unknown

  constructor(exchange: Exchange, stable: Subset) {
    super(exchange.context.cancellation, 1, exchange.context)
    this.#exchange = exchange
    this.#stable = stable
  }

  override claimRetry(failure: unknown): boolean {
    if (this.aborted) return false
    if (failure !== this.#claimed) {
      if (!isHarmless(failure, this.#exchange) || !canServe(this.#stable)) return false
      this.#claimed = failure
    }
    return true
  }
}

function isHarmless(failure: unknown, { arrived, bodySpent }: Exchange): boolean {
  if (failure instanceof UpstreamError) return failure.neverSent || failure.repeatable
  if (failure instanceof TimeoutError) return !bodySpent && isIdempotent(arrived.method, arrived.rawHeaders)
  return isTurnedAway(failure)
}

/** Whether no instance was asked. */
function isTurnedAway(failure: unknown): boolean {
  return failure instanceof CircuitBreakerError || (failure instanceof GatewayError && failure.code === 'NO_INSTANCE')
}
