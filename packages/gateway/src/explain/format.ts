import { replayBytes } from '../http/replay.js'
import type { ExplainedBody, ExplainedCanary, ExplainedPolicies, ExplainedRoute, Explanation, Field } from './explanation.js'

/** Of the routes whose path does not match, as many are named; of a thousand the rest is a number. */
const otherPathsShown = 10

/** An explanation as text: one fact a line, in the order of the path. */
export function formatExplanation(facts: Omit<Explanation, 'toString'>): string {
  const { request, route, version, canary, subset, policies, body, upgrade, upstream, answerHeaders } = facts
  const lines = [
    `${request.method} ${request.path}${request.query}`,
    outcomeOf(facts),
    `client: ${request.clientIp === '' ? 'unknown' : request.clientIp}`,
    `route: ${route === undefined ? 'none' : routeText(route)}`,
    ...otherRoutes(facts.otherRoutes),
  ]
  if (version !== undefined) {
    const { path = request.path } = version
    lines.push(`version: ${version.version}, by ${version.resolvedBy}${path === request.path ? '' : `; without its segment: ${path}`}`)
  }
  if (canary !== undefined) lines.push(canaryText(canary))
  if (subset !== undefined) {
    const filter = subset.filter === undefined ? '' : ` with ${JSON.stringify(subset.filter)}`
    const instances = subset.instances.map(({ id }) => id).join(', ')
    lines.push(`instances UP${filter}: ${instances === '' ? 'none' : instances}`)
  }
  if (policies !== undefined) lines.push(...policyLines(policies))
  if (body !== undefined) lines.push(`body: ${bodyText(body)}`)
  if (upgrade !== undefined) {
    lines.push(
      `upgrade: ${upgrade.offered.join(', ')} offered, ${upgrade.passes === undefined ? 'none asked for' : `${upgrade.passes} asked for`}`,
    )
  }
  if (upstream !== undefined) {
    lines.push(`upstream: ${request.method} ${upstream.target}`, ...upstream.added.map(signed('+')), ...upstream.removed.map(signed('-')))
  }
  if (answerHeaders.length > 0) lines.push('on the answer:', ...answerHeaders.map(signed('+')))
  return lines.join('\n')
}

function outcomeOf({ outcome, refusal }: Omit<Explanation, 'toString'>): string {
  if (refusal === undefined) return outcome === 'forward' ? '→ is forwarded' : '→ is answered by the gateway'
  const { status, code, title, detail, retryAfterMs } = refusal
  const again = retryAfterMs === undefined ? '' : ` (again in ${Math.ceil(retryAfterMs)} ms)`
  return `→ is refused: ${status} ${code}: ${title}${detail === undefined ? '' : `: ${detail}`}${again}`
}

function canaryText({ arm, weight, state, chosenBy, diverted, fallsBack }: ExplainedCanary): string {
  const served = diverted ? "stable in place of the canary, which can't serve" : arm
  return `canary: ${served}, by ${chosenBy}, at ${weight} % (${state})${fallsBack ? ', falls back to stable' : ''}`
}

function routeText({ path, methods, serviceName }: ExplainedRoute): string {
  return `${methods === undefined ? 'any method' : methods.join(', ')} ${path} → ${serviceName}`
}

function otherRoutes(others: Explanation['otherRoutes']): string[] {
  const near = others.filter(({ reason }) => reason !== 'path')
  const far = others.filter(({ reason }) => reason === 'path')
  const hidden = far.length - otherPathsShown
  const why = { path: 'the path does not match', method: 'the method is not one of its own', 'less-specific': 'it is less specific' }
  const shown = [...near, ...far.slice(0, otherPathsShown)].map((route) => `  not ${routeText(route)}: ${why[route.reason]}`)
  return hidden > 0 ? [...shown, `  nor ${hidden} more whose path does not match`] : shown
}

function bodyText({ bytes, maxBytes, kept }: ExplainedBody): string {
  const size = `${bytes === undefined ? 'of unknown length' : `${bytes} bytes`}${maxBytes === undefined ? '' : ` of at most ${maxBytes}`}`
  const fate = {
    whole: 'kept for further attempts',
    'if-short': `kept for further attempts if it has up to ${replayBytes} bytes`,
    no: 'streams, and is sent once',
  }
  return `${size}, ${fate[kept]}`
}

function policyLines(policies: ExplainedPolicies): string[] {
  const { timeoutMs, attemptTimeoutMs, connectTimeoutMs, idleTimeoutMs, retry, circuitBreaker, rateLimit, mirror } = policies
  const { bulkhead, adaptiveConcurrency } = policies
  const lines = [
    `timeouts: total ${ms(timeoutMs)}, attempt ${ms(attemptTimeoutMs)}, connect ${ms(connectTimeoutMs)}, silence ${ms(idleTimeoutMs)}`,
    `attempts: ${retry.attempts}, after ${retry.answers ? 'failures that may be repeated' : 'connections that fail'} (${retry.summary}); the budget allows ${Math.floor(retry.budget)} retries now`,
  ]
  if (circuitBreaker !== undefined) {
    const { state, failureCalls, totalCalls, retryAfterMs } = circuitBreaker
    lines.push(
      `circuit: ${state}, ${failureCalls} of ${totalCalls} calls failed${retryAfterMs > 0 ? `, tries again in ${ms(retryAfterMs)}` : ''}`,
    )
  }
  if (rateLimit !== undefined) {
    lines.push(`rate limit: ${rateLimit.remaining} of ${rateLimit.limit} left, all of it in ${ms(rateLimit.resetMs)}`)
  }
  if (bulkhead !== undefined) {
    const { activeCalls, maxConcurrent, queueLength, maxQueue } = bulkhead
    lines.push(`bulkhead: ${activeCalls} of ${maxConcurrent} places taken, ${queueLength} of ${maxQueue} waiting`)
  }
  if (adaptiveConcurrency !== undefined) {
    const { limit, activeCalls, latencyMs, baselineMs } = adaptiveConcurrency
    lines.push(`adaptive limit: ${activeCalls} of ${limit} under way, latency ${ms(latencyMs)}, usually ${ms(baselineMs)}`)
  }
  if (mirror !== undefined) lines.push(`mirror: ${mirror.percentage} % to ${mirror.service}`)
  if (policies.transform !== undefined) lines.push(transformText(policies.transform))
  return lines
}

function transformText({ requestBytes, responseBytes }: NonNullable<ExplainedPolicies['transform']>): string {
  const sides = [
    ...(requestBytes === undefined ? [] : [`of requests up to ${requestBytes} bytes`]),
    ...(responseBytes === undefined ? [] : [`of answers up to ${responseBytes} bytes`]),
  ]
  return `transform: bodies ${sides.join(', ')}`
}

function ms(duration: number | undefined): string {
  return duration === undefined ? 'none' : `${Math.ceil(duration)} ms`
}

function signed(sign: '+' | '-'): (field: Field) => string {
  return ([name, value]) => `  ${sign} ${name}: ${value}`
}
