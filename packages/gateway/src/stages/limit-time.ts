import { CancelSource } from '@hazeljs/core'
import { TimeoutError } from '@hazeljs/resilience'
import type { RouteStage } from '../stage.js'

/** Calls everything inside off when the total time is over: attempts, pauses, waiting for a place. It can be lifted for an answer without an end. */
export const limitTime: RouteStage = (route, { clock }) => {
  const { timeoutMs } = route
  if (timeoutMs === undefined) return undefined
  return async (exchange, next) => {
    const source = new CancelSource(exchange.context.cancellation)
    exchange.context = exchange.context.under(source)
    const timer = clock.setTimer(() => source.abort(new TimeoutError(timeoutMs)), timeoutMs)
    exchange.liftTimeLimit = () => clock.clearTimer(timer)
    try {
      return await next(exchange)
    } finally {
      clock.clearTimer(timer)
      source.dispose()
    }
  }
}
