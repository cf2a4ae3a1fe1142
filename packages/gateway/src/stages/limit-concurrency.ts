import type { RouteStage } from '../stage.js'

/** Bounds how many requests a subset has under way at once. */
export const limitConcurrency: RouteStage = (route) => {
  if (!route.bounded) return undefined
  return (exchange, next) => {
    const bulkhead = exchange.subset?.bulkhead
    return bulkhead === undefined ? next(exchange) : bulkhead.execute(() => next(exchange), exchange.context)
  }
}
