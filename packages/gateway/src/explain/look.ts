import type { LimitState } from '@hazeljs/resilience'
import { GatewayError } from '../errors.js'
import type { RouteStage } from '../stage.js'
import { chooser, choosing } from '../stages/choose-subset.js'
import { addLimitFields, limitRequest } from '../stages/limit-rate.js'
import { firstListing, noInstance } from '../stages/pick-instance.js'
import type { Subset } from '../subset.js'
import type { VersionResolution } from '../versions/version-router.js'

/** What stages find out and no exchange keeps. */
export interface Sightings {
  rateLimit?: LimitState
  version?: VersionResolution
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

/** In the place of `chooseSubset`: the same, and keeps which version was resolved before a canary may take its place. */
export const lookAtSubset =
  (seen: Sightings): RouteStage =>
  (route) =>
    choosing(chooser(route, (resolution) => (seen.version = resolution)))

/** In the place of `breakCircuit`: takes no permit of a half-open circuit. */
export const lookAtCircuit: RouteStage = (route) => {
  if (!route.breaks) return undefined
  return (exchange, next) => {
    const retryAfterMs = exchange.subset?.breaker?.getTimeUntilNextAttempt() ?? 0
    if (retryAfterMs > 0) throw new GatewayError('CIRCUIT_OPEN', { retryAfterMs })
    return next(exchange)
  }
}

/** In the place of `limitConcurrency`: takes no place. */
export const lookAtConcurrency: RouteStage = (route) => {
  if (!route.bounded) return undefined
  return (exchange, next) => {
    const places = exchange.subset?.bulkhead?.getMetrics()
    if (places !== undefined && places.activeCalls >= places.maxConcurrent && places.queueLength >= places.maxQueue) {
      throw new GatewayError('BULKHEAD_FULL')
    }
    return next(exchange)
  }
}

/** In the place of `pickInstance`: no balancer moves on. Waits for the first listing as a request does. */
export const lookAtInstances: RouteStage = () => async (exchange, next) => {
  const subset = exchange.subset as Subset
  if (!subset.picker.ready) await firstListing(subset, exchange.context)
  if (subset.picker.instances.length === 0) throw noInstance()
  return next(exchange)
}

/** In the place of `forward`: nothing is sent. */
export const stopHere: RouteStage = () => () => Promise.resolve('ignored')
