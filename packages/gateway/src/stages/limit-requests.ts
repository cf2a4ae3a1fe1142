import { GatewayError } from '../errors.js'
import { shedRetryAfterMs } from '../overload.js'
import type { GatewayStage } from '../stage.js'

/** Bounds how many requests the gateway has under way at once. Those of others are refused before their body is read. */
export const limitRequests: GatewayStage = ({ config, inFlight, refused }) => {
  const { maxConcurrentRequests } = config
  if (maxConcurrentRequests === undefined) return undefined
  return (exchange, next) => {
    // `observe` has counted this one.
    if (inFlight.count > maxConcurrentRequests) {
      refused.shed(exchange.clientIp, shedRetryAfterMs)
      throw new GatewayError('GATEWAY_OVERLOADED', { retryAfterMs: shedRetryAfterMs })
    }
    return next(exchange)
  }
}
