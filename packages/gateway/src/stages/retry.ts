import type { Exchange } from '../exchange.js'
import { keepForReplay } from '../http/replay.js'
import { isIdempotent } from '../upstream/upstream-failure.js'
import type { Next, RouteStage, Stage } from '../stage.js'
import { fallsBack } from './fall-back.js'

/**
 * Tries again where that is harmless: never after a byte went to the client, never with a body that can't be sent twice. A canary whose
 * requests fall back to stable has one attempt.
 */
export const retry: RouteStage = (route) => {
  const { retry: policy, retriesAnswers } = route
  const attempts = (exchange: Exchange, next: Next) =>
    policy.execute((context) => {
      exchange.context = context
      return next(exchange)
    }, exchange.context)
  const retrying: Stage = !retriesAnswers
    ? attempts
    : async (exchange, next) => {
        if (exchange.body !== null && isIdempotent(exchange.arrived.method, exchange.arrived.rawHeaders)) {
          exchange.body = await keepForReplay(exchange.body, exchange.context)
        }
        return attempts(exchange, next)
      }
  if (!fallsBack(route)) return retrying
  return (exchange, next) => (exchange.fallsBack ? next(exchange) : retrying(exchange, next))
}
