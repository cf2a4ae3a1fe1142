import type { RouteStage } from '../stage.js'

/**
 * Bounds how many requests a subset has under way at once. A request has one place for all its attempts and the pauses between them, so
 * that whoever finds none is refused before its body is read for them, and no retry waits for a place that its own request holds.
 */
export const limitConcurrency: RouteStage = (route) => {
  if (!route.bounded) return undefined
  return (exchange, next) => {
    const bulkhead = exchange.subset?.bulkhead
    return bulkhead === undefined ? next(exchange) : bulkhead.execute(() => next(exchange), exchange.context)
  }
}
