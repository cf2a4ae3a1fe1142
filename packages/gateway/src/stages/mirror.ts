import type { RouteStage } from '../stage.js'

/** Sends a copy elsewhere. The request goes on at once; its answer waits for the copy only where the route says so. */
export const mirror: RouteStage = (route) => {
  const { mirror: copies } = route
  if (copies === undefined) return undefined
  return (exchange, next) => {
    if (exchange.upgrade !== undefined) return next(exchange) // half of a conversation is none
    const settled = copies.send(exchange.arrived, exchange.upstreamTarget, exchange.upstreamHeaders, exchange.clientIp)
    if (copies.holdsAnswer) exchange.answerHold = settled
    return next(exchange)
  }
}
