import { toError } from '@hazeljs/core'
import type { Outcome } from '@hazeljs/resilience'
import { isArmFailure } from '../canary/assignment/arm-failure.js'
import type { Assignment } from '../canary/assignment/assignment.js'
import type { Exchange } from '../exchange.js'
import type { GatewayContext } from '../gateway-context.js'
import type { GatewayStage } from '../stage.js'
import { fallsBack } from './fall-back.js'

/**
 * Counts each request once, writes its log line and tells who listens. Everything inside it has a verdict and can't reject; nor does it.
 *
 * A 101 is counted when it is given, with the time it took: the connection behind it may last for days. Its log line comes at its end.
 */
export const observe: GatewayStage = (gateway) => async (exchange, next) => {
  gateway.inFlight.begin()
  const startedAt = (exchange.startedAt = gateway.clock.now())
  void exchange.upgrade?.accepted.then((outcome) => {
    try {
      count(exchange, outcome, startedAt, gateway.clock.now() - startedAt)
    } catch (error) {
      uncounted(gateway, error)
    }
  })
  const outcome = await next(exchange)
  try {
    const durationMs = gateway.clock.now() - startedAt
    if (exchange.upgrade?.isAccepted !== true) count(exchange, outcome, startedAt, durationMs)
    report(gateway, exchange, outcome, durationMs)
  } catch (error) {
    uncounted(gateway, error)
  }
  exchange.route?.inFlight.end()
  gateway.inFlight.end()
  return outcome
}

function uncounted({ logger }: GatewayContext, error: unknown): void {
  logger.error({ error: toError(error).message }, 'a request could not be counted')
}

function count(exchange: Exchange, outcome: Outcome, startedAt: number, durationMs: number): void {
  const metrics = exchange.subset?.metrics
  if (metrics !== undefined) record(metrics, outcome, durationMs, exchange.failure)
  const { assignment, headAtMs } = exchange
  if (assignment !== undefined) recordArm(exchange, assignment, outcome, headAtMs === undefined ? durationMs : headAtMs - startedAt)
}

function report(gateway: GatewayContext, exchange: Exchange, outcome: Outcome, durationMs: number): void {
  if (exchange.failure !== undefined && outcome === 'failure') announce(gateway, exchange, exchange.failure)
  if (gateway.config.logging) writeLine(gateway, exchange, outcome, durationMs)
}

function record(
  metrics: NonNullable<Exchange['subset']>['metrics'] & object,
  outcome: Outcome,
  durationMs: number,
  failure: Error | undefined,
): void {
  if (outcome === 'success') metrics.recordSuccess(durationMs)
  else if (outcome === 'failure') metrics.recordFailure(durationMs, failure)
}

/**
 * Nothing says a client that left, or a request that was refused before an instance was asked. An arm is as fast as the heads of its answers
 * come: how long a body takes, the client may decide.
 *
 * Where the canary has but one attempt, stable is judged by its first one, too: with its retries it would be compared with its better half.
 */
function recordArm(exchange: Exchange, assignment: Assignment, outcome: Outcome, headMs: number): void {
  const { route, lease, tried, failure } = exchange
  if (outcome === 'ignored' || lease === undefined || (outcome === 'failure' && !isArmFailure(failure))) return
  const firstFailed = tried !== undefined && route !== undefined && fallsBack(route)
  route?.canary?.engine.record(assignment, firstFailed ? 'failure' : outcome, headMs, failure)
}

function announce({ events }: GatewayContext, exchange: Exchange, error: Error): void {
  const event = exchange.status === 504 || ('code' in error && error.code === 'TIMEOUT') ? 'route:timeout' : 'route:error'
  const { route } = exchange
  if (route === undefined || !events.has(event)) return
  const { requestId, status, target, arrived } = exchange
  events.emit(event, {
    route: route.path,
    serviceName: route.serviceName,
    method: arrived.method,
    path: target.path,
    requestId,
    status,
    error,
  })
}

/** No query, headers or body: they carry secrets. */
function writeLine({ logger }: GatewayContext, exchange: Exchange, outcome: Outcome, durationMs: number): void {
  const { arrived, route, subset, lease, requestId, status, clientIp, failure } = exchange
  logger.info(
    {
      method: arrived.method,
      path: exchange.target.path,
      status: exchange.clientIsGone && outcome === 'ignored' ? 499 : status,
      durationMs: Math.round(durationMs * 1_000) / 1_000,
      route: route?.path,
      version: subset?.version,
      instance: lease?.instance.id,
      clientIp,
      requestId,
      error: failure && describe(failure),
    },
    'request',
  )
}

/** With the cause, which operators may see and clients may not: `The service could not be reached: connect ECONNREFUSED 127.0.0.1:3001`. */
function describe({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}
