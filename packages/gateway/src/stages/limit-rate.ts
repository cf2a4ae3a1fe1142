import { GatewayError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import { requestView } from '../http/request-view.js'
import { retryAfterSeconds } from '../http/problem.js'
import type { RoutePlan } from '../route-plan.js'
import type { RouteStage } from '../stage.js'

/** Admits as many requests as the route allows; the rest get 429. Every answer says what is left (draft-ietf-httpapi-ratelimit-headers). */
export const limitRate: RouteStage = (route, gateway) => {
  const { limiter } = route
  if (limiter === undefined) return undefined
  return (exchange, next) => {
    const request = keyOf(route, exchange)
    const admitted = limiter.tryAcquire(request)
    const { limit, remaining, resetMs } = limiter.peek(request)
    exchange.addAnswerHeader('RateLimit-Policy', `"route";q=${limit};w=${route.limiterWindowSeconds}`)
    exchange.addAnswerHeader('RateLimit', `"route";r=${remaining};t=${retryAfterSeconds(resetMs)}`)
    if (admitted) return next(exchange)
    const retryAfterMs = limiter.getRetryAfterMs(request)
    if (gateway.events.has('rate-limit:exceeded')) {
      gateway.events.emit('rate-limit:exceeded', { route: route.path, clientIp: exchange.clientIp, retryAfterMs })
    }
    throw new GatewayError('RATE_LIMITED', { retryAfterMs })
  }
}

function keyOf(route: RoutePlan, exchange: Exchange): { key: string } | undefined {
  const { limiterKey } = route
  if (limiterKey === undefined) return undefined
  return { key: limiterKey === 'ip' ? exchange.clientIp : limiterKey(requestView(exchange)) }
}
