import { CancelSource } from '@hazeljs/core'
import { BulkheadError, TimeoutError } from '@hazeljs/resilience'
import { GatewayError } from '../errors.js'
import type { RouteStage } from '../stage.js'

/**
 * Calls everything inside off when the total time is over: attempts, pauses, waiting for a place. Retries inside know how much of it is
 * left. It can be lifted for an answer without an end.
 */
export const limitTime: RouteStage = (route, { clock }) => {
  const { timeoutMs } = route
  if (timeoutMs === undefined) return undefined
  return async (exchange, next) => {
    const source = new CancelSource(exchange.context.cancellation)
    exchange.context = exchange.context.underDeadline(source, clock, clock.now() + timeoutMs)
    const onTimeout = () => source.abort(exchange.waitsForClient ? new GatewayError('CLIENT_TOO_SLOW') : new TimeoutError(timeoutMs))
    const timer = clock.setTimer(onTimeout, timeoutMs)
    exchange.liftTimeLimit = () => clock.clearTimer(timer)
    try {
      return await next(exchange)
    } catch (error) {
      // The bulkhead says that nothing was called, so that no circuit inside counts it; to the client the time was over.
      throw error instanceof BulkheadError && error.cause instanceof TimeoutError ? error.cause : error
    } finally {
      clock.clearTimer(timer)
      source.dispose()
    }
  }
}
