import { GatewayError } from '../errors.js'
import { requestHeaders } from '../http/headers.js'
import { upstreamTarget } from '../http/upstream-target.js'
import type { RouteStage } from '../stage.js'

/** Makes target and fields as the instance gets them. They are the same for every attempt, so this is done once, outside of the retry. */
export const rewrite: RouteStage = (route) => (exchange, next) => {
  const headers = requestHeaders(exchange.arrived.rawHeaders, exchange, route.requestRules)
  if (headers === undefined) throw new GatewayError('LOOP_DETECTED')
  exchange.upstreamHeaders = headers
  exchange.upstreamTarget = upstreamTarget(exchange.target, route)
  return next(exchange)
}
