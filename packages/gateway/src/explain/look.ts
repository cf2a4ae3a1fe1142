import type { LimitState } from '@hazeljs/resilience'
import { hasBody } from '../adapters/node-handler.js'
import { protocolsOf } from '../adapters/upgrade-handler.js'
import type { Assignment } from '../canary/assignment/assignment.js'
import { GatewayError } from '../errors.js'
import { headerValue, headerValues } from '../http/header-lookup.js'
import { replayBytes } from '../http/replay.js'
import { isIdempotent } from '../upstream/upstream-failure.js'
import { shedRetryAfterMs } from '../overload.js'
import type { GatewayStage, RouteStage } from '../stage.js'
import { chooser, choosing } from '../stages/choose-subset.js'
import { fallsBack, mayFallBack } from '../stages/fall-back.js'
import { bodyTooLarge } from '../stages/limit-body.js'
import { addLimitFields, limitRequest } from '../stages/limit-rate.js'
import { firstListing, noneUp } from '../stages/pick-instance.js'
import type { Subset } from '../subset.js'
import type { VersionChoice } from '../versions/version-choice.js'
import type { ExplainedBody, ExplainedUpgrade } from './explanation.js'

/** What stages find out and no exchange keeps. */
export interface Sightings {
  rateLimit?: LimitState
  version?: VersionChoice
  /** What the canary could not take. */
  diverted?: Assignment
  body?: ExplainedBody
  upgrade?: ExplainedUpgrade
}

/** In the place of `limitRequests`: an explanation is none of the requests under way. */
export const lookAtRequests: GatewayStage = ({ config, inFlight }) => {
  const { maxConcurrentRequests } = config
  if (maxConcurrentRequests === undefined) return undefined
  return (exchange, next) => {
    if (inFlight.count >= maxConcurrentRequests) throw new GatewayError('GATEWAY_OVERLOADED', { retryAfterMs: shedRetryAfterMs })
    return next(exchange)
  }
}

/** In the place of `limitRate`: takes nothing from the limit. */
export const lookAtRate =
  (seen: Sightings): RouteStage =>
  (route) => {
    const { limiter } = route
    if (limiter === undefined) return undefined
    return (exchange, next) => {
      const request = limitRequest(route, exchange)
      seen.rateLimit = addLimitFields(route, limiter, request, exchange)
      const retryAfterMs = limiter.getRetryAfterMs(request)
      if (retryAfterMs > 0) throw new GatewayError('RATE_LIMITED', { retryAfterMs })
      return next(exchange)
    }
  }

/** In the place of `limitBody` and of what keeps a body for another attempt: goes by what the fields say of it. */
export const lookAtBody =
  (seen: Sightings): RouteStage =>
  ({ maxBodyBytes, retriesAnswers }) =>
  (exchange, next) => {
    const { method, rawHeaders } = exchange.arrived
    if (!hasBody(rawHeaders)) return next(exchange)
    const length = headerValue(rawHeaders, 'content-length')
    const bytes = length === undefined ? undefined : Number(length)
    seen.body = { bytes, maxBytes: maxBodyBytes, kept: retriesAnswers ? keptForReplay(method, rawHeaders, bytes) : 'no' }
    if (maxBodyBytes !== undefined && bytes !== undefined && bytes > maxBodyBytes) throw bodyTooLarge(maxBodyBytes)
    return next(exchange)
  }

function keptForReplay(method: string, rawHeaders: readonly string[], bytes: number | undefined): ExplainedBody['kept'] {
  if (!isIdempotent(method, rawHeaders) || (bytes ?? 0) > replayBytes) return 'no'
  return bytes === undefined ? 'if-short' : 'whole'
}

/** Which protocol of those that the request offers its connection may change to, if the instance agrees. */
export const lookAtUpgrade =
  (seen: Sightings): RouteStage =>
  ({ upgrades }) =>
  (exchange, next) => {
    const { method, rawHeaders } = exchange.arrived
    const asks = headerValues(rawHeaders, 'connection').some((value) => /(?:^|,)\s*upgrade\s*(?:,|$)/i.test(value))
    const offered = asks ? protocolsOf({ method, httpVersion: '1.1', rawHeaders: [...rawHeaders] }) : []
    if (offered.length > 0) seen.upgrade = { offered, passes: offered.find((protocol) => upgrades.includes(protocol)) }
    return next(exchange)
  }

/**
 * In the place of `chooseSubset`: the same, and keeps which version was resolved before a canary may take its place. The canary is not told of
 * what it could not take. What may fall back is kept to be sent again, retries or not.
 */
export const lookAtSubset =
  (seen: Sightings): RouteStage =>
  (route) => {
    const choose = chooser(route, {
      resolved: (choice) => (seen.version = choice),
      diverted: (assignment) => (seen.diverted = assignment),
    })
    return choosing((exchange) => {
      const subset = choose(exchange)
      const { body } = seen
      const { method, rawHeaders } = exchange.arrived
      if (body !== undefined && fallsBack(route) && mayFallBack(exchange))
        seen.body = { ...body, kept: keptForReplay(method, rawHeaders, body.bytes) }
      return subset
    })
  }

/** In the place of `breakCircuit`: takes no permit of a half-open circuit. */
export const lookAtCircuit: RouteStage = (route) => {
  if (!route.breaks) return undefined
  return (exchange, next) => {
    const retryAfterMs = exchange.subset?.breaker?.getTimeUntilNextAttempt() ?? 0
    if (retryAfterMs > 0) throw new GatewayError('CIRCUIT_OPEN', { retryAfterMs })
    return next(exchange)
  }
}

/** In the place of `limitConcurrency` and `adaptConcurrency`: takes no place. */
export const lookAtConcurrency: RouteStage = (route) => {
  if (!route.bounded && !route.adapts) return undefined
  return (exchange, next) => {
    const { bulkhead, adaptive } = exchange.subset as Subset
    const places = bulkhead?.getMetrics()
    const isFull = places !== undefined && places.activeCalls >= places.maxConcurrent && places.queueLength >= places.maxQueue
    const measured = adaptive?.getMetrics()
    if (isFull || (measured !== undefined && measured.activeCalls >= measured.limit)) {
      throw new GatewayError('BULKHEAD_FULL', { retryAfterMs: shedRetryAfterMs })
    }
    return next(exchange)
  }
}

/** In the place of `pickInstance`: no balancer moves on. Waits for the first listing as a request does. */
export const lookAtInstances: RouteStage = (route) => async (exchange, next) => {
  const subset = exchange.subset as Subset
  if (!subset.picker.ready) await firstListing(subset, exchange.context)
  if (subset.picker.instances.length === 0) throw noneUp(route, subset)
  return next(exchange)
}

/** In the place of `forward`: nothing is sent. */
export const stopHere: RouteStage = () => () => Promise.resolve('ignored')
