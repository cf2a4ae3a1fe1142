import type { RouteStage } from '../stage.js'

/** Stops asking a subset that fails, and gives it time. */
export const breakCircuit: RouteStage = (route) => {
  if (!route.breaks) return undefined
  return (exchange, next) => {
    const breaker = exchange.subset?.breaker
    return breaker === undefined ? next(exchange) : breaker.execute(() => next(exchange), exchange.context)
  }
}
