import { GatewayError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import { requestHeaders } from '../http/headers.js'
import { forwardsOnce } from '../http/max-forwards.js'
import type { RequestTarget } from '../http/target.js'
import { upstreamTarget } from '../http/upstream-target.js'
import type { RoutePlan } from '../route-plan.js'
import type { RouteStage } from '../stage.js'

/** Makes target and fields as the instance gets them. They are the same for every attempt, so this is done once, outside of the retry. */
export const rewrite: RouteStage = (route) => {
  const targetOf = targetMaker(route)
  return (exchange, next) => {
    const headers = requestHeaders(exchange.arrived.rawHeaders, exchange, route.requestRules)
    if (headers === undefined) throw new GatewayError('LOOP_DETECTED')
    if (exchange.arrived.method === 'OPTIONS' && !forwardsOnce(headers)) {
      answerOptions(exchange, route)
      return Promise.resolve('ignored')
    }
    exchange.upstreamHeaders = headers
    exchange.upstreamTarget = targetOf(exchange.target)
    return next(exchange)
  }
}

function targetMaker(route: RoutePlan): (target: RequestTarget) => string {
  const selector = route.versions?.selector
  if (selector?.strips !== true) return (target) => upstreamTarget(target, route)
  return (target) => upstreamTarget({ ...target, path: selector.strippedPath(target.path) }, route)
}

/** The gateway is as far as the client lets its OPTIONS go. */
function answerOptions(exchange: Exchange, { resolved: { methods } }: RoutePlan): void {
  if (methods !== undefined) exchange.addAnswerHeader('Allow', methods.join(', '))
  if (exchange.bodyIsArriving) exchange.response.shouldKeepAlive = false
  exchange.status = 204
  exchange.response.writeHead(204, exchange.answerHeaders ?? [])
  exchange.response.end()
}
