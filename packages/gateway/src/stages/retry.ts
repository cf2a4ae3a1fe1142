import type { Exchange } from '../exchange.js'
import { keepForReplay } from '../http/replay.js'
import { isIdempotent } from '../upstream/upstream-failure.js'
import type { RouteStage } from '../stage.js'

/** Tries again where that is harmless: never after a byte went to the client, never with a body that can't be sent twice. */
export const retry: RouteStage = (route) => {
  const { retry: policy, retriesAnswers } = route
  const attempts = (exchange: Exchange, next: Parameters<NonNullable<ReturnType<RouteStage>>>[1]) =>
    policy.execute((context) => {
      exchange.context = context
      return next(exchange)
    }, exchange.context)
  if (!retriesAnswers) return attempts
  return async (exchange, next) => {
    if (exchange.body !== null && isIdempotent(exchange.arrived.method, exchange.arrived.rawHeaders)) {
      exchange.body = await keepForReplay(exchange.body, exchange.context)
    }
    return attempts(exchange, next)
  }
}
