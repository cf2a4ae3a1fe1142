import type { LimitRequest, LimitState, RateLimiter } from '@hazeljs/resilience'
import { GatewayError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import { networkOf } from '../http/client-address.js'
import { requestView } from '../http/request-view.js'
import { retryAfterSeconds } from '../http/problem.js'
import type { RoutePlan } from '../route-plan.js'
import type { RouteStage } from '../stage.js'

/** Admits as many requests as the route allows; the rest get 429. Every answer says what is left (draft-ietf-httpapi-ratelimit-headers). */
export const limitRate: RouteStage = (route, gateway) => {
  const { limiter } = route
  if (limiter === undefined) return undefined
  return (exchange, next) => {
    const request = limitRequest(route, exchange)
    const admitted = limiter.tryAcquire(request)
    addLimitFields(route, limiter, request, exchange)
    if (admitted) return next(exchange)
    const retryAfterMs = limiter.getRetryAfterMs(request)
    if (gateway.events.has('rate-limit:exceeded')) {
      gateway.events.emit('rate-limit:exceeded', { route: route.path, clientIp: exchange.clientIp, retryAfterMs })
    }
    throw new GatewayError('RATE_LIMITED', { retryAfterMs })
  }
}

/** Tells the client what the route's limit has left for it. */
export function addLimitFields(route: RoutePlan, limiter: RateLimiter, request: LimitRequest | undefined, exchange: Exchange): LimitState {
  const state = limiter.peek(request)
  const { limit, remaining, resetMs } = state
  exchange.addAnswerHeader('RateLimit-Policy', `"route";q=${limit};w=${route.limiterWindowSeconds}`)
  exchange.addAnswerHeader('RateLimit', `"route";r=${remaining};t=${retryAfterSeconds(resetMs)}`)
  return state
}

/** Whose limit a request counts for; `undefined` where the route has but one. */
export function limitRequest(route: RoutePlan, exchange: Exchange): LimitRequest | undefined {
  const { limiterKey } = route
  if (limiterKey === undefined) return undefined
  return { key: limiterKey === 'ip' ? networkOf(exchange.clientIp) : textOf(limiterKey(requestView(exchange))) }
}

/** Functions without types may be asynchronous by mistake: then nobody waits for what they reject with. */
function textOf(key: unknown): string {
  if (typeof key === 'string') return key
  Promise.resolve(key).catch(() => undefined)
  throw new TypeError('The key of a rate limit has to be a string')
}
