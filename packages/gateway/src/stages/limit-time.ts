import { CancelSource, TimerQueue } from '@hazeljs/core'
import { BulkheadError, TimeoutError } from '@hazeljs/resilience'
import type { RouteStage } from '../stage.js'

/**
 * Calls everything inside off when the total time is over: attempts, pauses, waiting for a place. Retries inside know how much of it is
 * left. It can be lifted for an answer without an end.
 */
export const limitTime: RouteStage = (route, { clock }) => {
  const { timeoutMs } = route
  if (timeoutMs === undefined) return undefined
  const timers = new TimerQueue(clock, timeoutMs)
  return async (exchange, next) => {
    const source = new CancelSource(exchange.context.cancellation)
    const startMs = clock.now()
    exchange.context = exchange.context.underDeadline(source, clock, startMs + timeoutMs)
    const timer = timers.add(() => source.abort(new TimeoutError(timeoutMs)), startMs)
    exchange.liftTimeLimit = () => timers.remove(timer)
    try {
      return await next(exchange)
    } catch (error) {
      // The bulkhead says that nothing was called, so that no circuit inside counts it; to the client the time was over.
      throw error instanceof BulkheadError && error.cause instanceof TimeoutError ? error.cause : error
    } finally {
      timers.remove(timer)
      source.dispose()
    }
  }
}
