import type { PickContext } from '@hazeljs/discovery'
import type { CallContext, Outcome } from '@hazeljs/resilience'
import { GatewayError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import type { RoutePlan } from '../route-plan.js'
import type { Next, RouteStage } from '../stage.js'
import type { Subset } from '../subset.js'

/** When a client may try again that found no instance. */
const noInstanceRetryAfterMs = 1_000

/** Takes an instance of the subset and a lease on it; a further attempt prefers instances that were not tried. */
export const pickInstance: RouteStage = (route) => {
  const keyed = route.strategy === 'ip-hash'
  return (exchange, next) => {
    const subset = exchange.subset as Subset
    if (subset.picker.ready) return pick(route, keyed, exchange, next)
    return firstListing(subset, exchange.context).then(() => pick(route, keyed, exchange, next))
  }
}

function pick(route: RoutePlan, keyed: boolean, exchange: Exchange, next: Next): Promise<Outcome> {
  const subset = exchange.subset as Subset
  const { lease: previous, clientIp, context: call } = exchange
  if (call.aborted) throw call.cancellation.reason
  if (previous !== undefined) exchange.tried = [...(exchange.tried ?? []), previous.instance.id]
  const { tried } = exchange
  const context: PickContext | undefined = keyed || tried !== undefined ? { key: clientIp, ...(tried && { exclude: tried }) } : undefined
  const lease = subset.picker.acquire(context)
  if (lease === undefined) throw noneUp(route, subset)
  exchange.lease = lease
  return next(exchange)
}

/** Names the service in the log, which a client does not see: most often its name is what is wrong. */
export function noneUp({ serviceName }: RoutePlan, { filter }: Subset): GatewayError {
  return noInstance(
    new Error(`the registry knows none of '${serviceName}'${filter === undefined ? '' : ` with ${JSON.stringify(filter)}`} that is UP`),
  )
}

function noInstance(cause: unknown): GatewayError {
  return new GatewayError('NO_INSTANCE', { cause, retryAfterMs: noInstanceRetryAfterMs })
}

/** Only a gateway that has just started waits here: later on the last listing is there, whatever the registry does. */
export function firstListing({ picker }: Subset, { cancellation }: CallContext): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (reason: unknown) => {
      reject(reason)
    }
    cancellation.onAbort(onAbort)
    picker
      .whenReady()
      .then(resolve, (cause: unknown) => {
        reject(noInstance(cause))
      })
      .finally(() => {
        cancellation.offAbort(onAbort)
      })
  })
}
