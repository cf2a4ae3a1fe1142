import type { RouteStage } from '../stage.js'

/** Stops asking a subset that fails, and gives it time. */
export const breakCircuit: RouteStage = (route) => {
  if (!route.breaks) return undefined
  return (exchange, next) => {
    const breaker = exchange.subset?.breaker
    if (breaker === undefined) return next(exchange)
    return breaker.execute((context) => {
      exchange.context = context // with `timeout` the breaker calls off what takes too long
      return next(exchange)
    }, exchange.context)
  }
}
