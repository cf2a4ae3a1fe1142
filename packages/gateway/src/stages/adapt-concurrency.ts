import type { Outcome } from '@hazeljs/resilience'
import type { Exchange } from '../exchange.js'
import { statusFailure } from '../upstream/upstream-failure.js'
import type { Next, RouteStage } from '../stage.js'

/** Bounds how many requests a subset has under way at once by what it can take, which their latency tells. */
export const adaptConcurrency: RouteStage = (route) => {
  if (!route.adapts) return undefined
  return async (exchange, next) => {
    const limiter = exchange.subset?.adaptive
    if (limiter === undefined) return next(exchange)
    let whole: Promise<Outcome> | undefined
    try {
      await limiter.execute(() => measured(exchange, (whole = next(exchange))), exchange.context)
    } catch (error) {
      if (whole === undefined) throw error // not admitted
    }
    return whole as Promise<Outcome>
  }
}

/**
 * What the limiter is to see of a request. One whose answer has no end (an event stream, a tunnel) ends for it here: its latency is the time
 * to its head, and it keeps no place. An answer that says that the service failed is no success, however quick it was.
 */
function measured(exchange: Exchange, whole: ReturnType<Next>): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const lift = exchange.liftTimeLimit
    exchange.liftTimeLimit = () => {
      lift?.()
      resolve('success')
    }
    whole.then((outcome) => {
      if (outcome === 'failure') reject(exchange.failure ?? statusFailure(exchange.status, false, undefined))
      else resolve(outcome)
    }, reject)
  })
}
