import type { PickContext } from '@hazeljs/discovery'
import type { CallContext } from '@hazeljs/resilience'
import { GatewayError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import type { Next, RouteStage } from '../stage.js'
import type { Subset } from '../subset.js'

/** Takes an instance of the subset and a lease on it; a further attempt prefers instances that were not tried. */
export const pickInstance: RouteStage = (route) => {
  const keyed = route.strategy === 'ip-hash'
  return (exchange, next) => {
    const subset = exchange.subset as Subset
    if (subset.picker.ready) return pick(subset, keyed, exchange, next)
    return unlessAborted(subset.picker.whenReady(), exchange.context).then(() => pick(subset, keyed, exchange, next))
  }
}

function pick({ picker }: Subset, keyed: boolean, exchange: Exchange, next: Next): Promise<'success' | 'failure' | 'ignored'> {
  const { lease: previous } = exchange
  if (previous !== undefined) exchange.tried = [...(exchange.tried ?? []), previous.instance.id]
  const { tried, clientIp } = exchange
  const context: PickContext | undefined = keyed || tried !== undefined ? { key: clientIp, ...(tried && { exclude: tried }) } : undefined
  const lease = picker.acquire(context) ?? (tried === undefined ? undefined : picker.acquire({ key: clientIp }))
  if (lease === undefined) throw new GatewayError('NO_INSTANCE', { retryAfterMs: 1_000 })
  exchange.lease = lease
  return next(exchange)
}

function unlessAborted(ready: Promise<void>, { cancellation }: CallContext): Promise<void> {
  return new Promise((resolve, reject) => {
    cancellation.onAbort(reject)
    ready.then(resolve, reject).finally(() => cancellation.offAbort(reject))
  })
}
