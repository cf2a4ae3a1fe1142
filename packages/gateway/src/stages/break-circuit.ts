import type { CircuitBreaker, Outcome } from '@hazeljs/resilience'
import type { Exchange } from '../exchange.js'
import type { ClientUpgrade } from '../http/client-upgrade.js'
import type { Next, RouteStage } from '../stage.js'

/** Stops asking a subset that fails, and gives it time. */
export const breakCircuit: RouteStage = (route) => {
  if (!route.breaks) return undefined
  return (exchange, next) => {
    const breaker = exchange.subset?.breaker
    if (breaker === undefined) return next(exchange)
    if (exchange.upgrade !== undefined) return untilAccepted(exchange.upgrade, breaker, exchange, next)
    return breaker.execute((context) => {
      exchange.context = context // with `timeout` the breaker calls off what takes too long
      return next(exchange)
    }, exchange.context)
  }
}

/** A 101 is the answer that a circuit judges, by the time it took: the connection lives on as long as it likes, and is no slow call. */
async function untilAccepted(upgrade: ClientUpgrade, breaker: CircuitBreaker, exchange: Exchange, next: Next): Promise<Outcome> {
  let ending: Promise<Outcome> | undefined
  const answered = await breaker.execute((context) => {
    exchange.context = context
    ending = next(exchange)
    return Promise.race([ending, upgrade.accepted])
  }, exchange.context)
  return ending ?? answered
}
