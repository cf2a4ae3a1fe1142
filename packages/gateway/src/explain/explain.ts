import { exchangeOf, type GatewayRequest } from '../adapters/handle-request.js'
import type { ResolvedTransform } from '../config/resolved.js'
import { canaryWithoutEvidence, noBucket, stableWithoutEvidence } from '../canary/assignment/assignment.js'
import { GatewayError } from '../errors.js'
import { Exchange } from '../exchange.js'
import type { GatewayContext } from '../gateway-context.js'
import { AnswerCollector } from '../http/answer-collector.js'
import { compileDryRun } from '../path.js'
import type { RoutePlan } from '../route-plan.js'
import type { RouteTable } from '../routing/route-table.js'
import { fallsBack, mayFallBack } from '../stages/fall-back.js'
import type { CompiledRoute } from '../stages/match-route.js'
import type { VersionChoice } from '../versions/version-choice.js'
import type { VersionResolution } from '../versions/version-router.js'
import type {
  ExplainedCanary,
  ExplainedPolicies,
  ExplainedRefusal,
  ExplainedRoute,
  ExplainedUpstream,
  Explanation,
  Field,
} from './explanation.js'
import { formatExplanation } from './format.js'
import type { Sightings } from './look.js'

/** A request to explain. Of its body it says what `headers` do: `Content-Length`, or `Transfer-Encoding: chunked`. */
export type ExplainRequest = Omit<GatewayRequest, 'body'>

/** Walks `request` along the path of every request, up to where it would be sent, and says what was decided on the way. */
export async function explain(
  request: ExplainRequest,
  gateway: GatewayContext,
  currentTable: () => RouteTable<CompiledRoute>,
): Promise<Explanation> {
  const collector = new AnswerCollector()
  collector.answer.catch(() => undefined) // an answer that could not be written is told by the exchange's failure
  const exchange = withFraming(exchangeOf(request, collector), request, collector)
  const seen: Sightings = {}
  let table: RouteTable<CompiledRoute> | undefined
  await compileDryRun(gateway, () => (table = currentTable()), seen)(exchange)
  const { target, host, clientIp, route, subset, arrived } = exchange
  const facts = {
    request: { method: arrived.method, path: target.path, query: target.query, host, clientIp },
    outcome: exchange.failure !== undefined ? ('refuse' as const) : collector.headersSent ? ('answer' as const) : ('forward' as const),
    refusal: refusalOf(exchange.failure),
    route: route && describeRoute(route),
    otherRoutes: (table?.passedOver(arrived.method, target.path) ?? []).map(({ value, reason }) => ({
      ...describeRoute(value.plan),
      reason,
    })),
    version: seen.version && versionOf(seen.version, exchange),
    canary: canaryOf(exchange, seen),
    subset: subset && { version: subset.version, filter: subset.filter, instances: subset.picker.instances },
    policies: route && policiesOf(route, exchange, gateway, seen),
    body: seen.body,
    upgrade: seen.upgrade,
    upstream: upstreamOf(exchange),
    answerHeaders: fields(exchange.answerHeaders ?? []),
  }
  return { ...facts, toString: () => formatExplanation(facts) }
}

/** The fields that say how long a body is: who sends one writes them, here they are all there is of it. */
function withFraming(exchange: Exchange, { headers = {} }: ExplainRequest, collector: AnswerCollector): Exchange {
  const framing = Object.entries(headers).flatMap(([name, values]) =>
    /^(?:content-length|transfer-encoding)$/i.test(name) && values !== undefined ? [values].flat().flatMap((value) => [name, value]) : [],
  )
  if (framing.length === 0) return exchange
  return new Exchange({ ...exchange.arrived, rawHeaders: [...exchange.arrived.rawHeaders, ...framing] }, collector)
}

function versionOf({ version, resolvedBy }: VersionChoice, { route, target }: Exchange): VersionResolution {
  const selector = route?.versions?.selector
  return selector?.strips === true ? { version, resolvedBy, path: selector.strippedPath(target.path) } : { version, resolvedBy }
}

function describeRoute({ path, resolved, serviceName }: RoutePlan): ExplainedRoute {
  return { path, methods: resolved.methods, serviceName }
}

function refusalOf(failure: Error | undefined): ExplainedRefusal | undefined {
  if (!(failure instanceof GatewayError)) return undefined
  const { status, code, title, detail, retryAfterMs } = failure
  return { status, code, title, detail, retryAfterMs }
}

function canaryOf(exchange: Exchange, { diverted }: Sightings): ExplainedCanary | undefined {
  const { assignment, route } = exchange
  if (assignment === undefined || route?.canary === undefined) return undefined
  const { canaryWeight, state } = route.canary.engine.getStatus()
  const chosen = diverted ?? assignment
  const isWish = chosen === stableWithoutEvidence || chosen === canaryWithoutEvidence
  const chosenBy = isWish ? 'override' : chosen.bucket === noBucket ? 'chance' : 'key'
  return {
    arm: assignment.arm,
    weight: canaryWeight,
    state,
    chosenBy,
    diverted: diverted !== undefined,
    fallsBack: fallsBack(route) && mayFallBack(exchange),
  }
}

function policiesOf(route: RoutePlan, exchange: Exchange, { config }: GatewayContext, { rateLimit }: Sightings): ExplainedPolicies {
  const { breaker, bulkhead, adaptive } = exchange.subset ?? {}
  const { attempts = 1, summary } = route.retry.describe()
  return {
    timeoutMs: route.timeoutMs,
    attemptTimeoutMs: route.attemptTimeoutMs,
    connectTimeoutMs: config.connectTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    maxBodyBytes: route.maxBodyBytes,
    retry: { attempts, answers: route.retriesAnswers, summary, budget: route.budget.available },
    circuitBreaker: breaker && { ...breaker.getMetrics(), retryAfterMs: breaker.getTimeUntilNextAttempt() },
    rateLimit,
    bulkhead: bulkhead?.getMetrics(),
    adaptiveConcurrency: adaptive?.getMetrics(),
    mirror: route.resolved.mirror,
    transform: bodiesChanged(route.resolved.transform),
  }
}

function bodiesChanged({ requestBody, responseBody }: Partial<ResolvedTransform> = {}): ExplainedPolicies['transform'] {
  if (requestBody === undefined && responseBody === undefined) return undefined
  return { requestBytes: requestBody?.maxBytes, responseBytes: responseBody?.maxBytes }
}

function upstreamOf({ arrived, upstreamTarget, upstreamHeaders }: Exchange): ExplainedUpstream | undefined {
  if (upstreamTarget === '') return undefined
  const came = fields(arrived.rawHeaders)
  const goes = fields(upstreamHeaders)
  return { target: upstreamTarget, headers: goes, added: without(goes, came), removed: without(came, goes) }
}

/** Field by field, so that of two that are equal one may stay. */
function without(all: readonly Field[], others: readonly Field[]): readonly Field[] {
  const left = others.map(keyOf)
  return all.filter((field) => {
    const index = left.indexOf(keyOf(field))
    if (index === -1) return true
    left.splice(index, 1)
    return false
  })
}

function keyOf([name, value]: Field): string {
  return `${name.toLowerCase()}:${value}`
}

function fields(raw: readonly string[]): readonly Field[] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] as string] as const] : []))
}
