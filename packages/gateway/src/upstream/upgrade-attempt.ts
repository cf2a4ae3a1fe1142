import type { Lease } from '@hazeljs/discovery'
import type { Outcome } from '@hazeljs/resilience'
import type { Socket } from 'node:net'
import type { ResponseHead } from './response-head.js'
import type { Exchange } from '../exchange.js'
import type { GatewayContext } from '../gateway-context.js'
import type { RoutePlan } from '../route-plan.js'
import type { ClientUpgrade } from '../http/client-upgrade.js'
import { responseHeaders } from '../http/headers.js'
import { Tunnel } from './tunnel.js'
import { UpstreamAttempt } from './upstream-attempt.js'
import { badUpgrade, upstreamFailure } from './upstream-failure.js'

/**
 * An attempt that asks for another protocol. Any answer but 101 is relayed as to every request; after a 101 the attempt lasts as long as
 * the tunnel, and is a failure only if the instance breaks off.
 */
export class UpgradeAttempt extends UpstreamAttempt {
  readonly #exchange: Exchange
  readonly #route: RoutePlan
  readonly #gateway: GatewayContext

  constructor(
    exchange: Exchange,
    lease: Lease,
    route: RoutePlan,
    gateway: GatewayContext,
    resolve: (outcome: Outcome) => void,
    reject: (error: unknown) => void,
  ) {
    super(exchange, lease, route.answerRules, gateway, resolve, reject)
    this.#exchange = exchange
    this.#route = route
    this.#gateway = gateway
  }

  // What is thrown here comes back through `onError`, after the connection was closed.
  onUpgrade(head: ResponseHead, upstream: Socket): void {
    const exchange = this.#exchange
    const client = exchange.upgrade as ClientUpgrade
    const protocol = protocolOf(head.headers)
    if (!client.protocols.includes(protocol) || !this.#route.upgrades.includes(protocol))
      throw badUpgrade('a protocol that nobody asked for')
    const { headers } = responseHeaders(head, exchange.answerHeaders, this.#route.answerRules)
    const end = this.switchProtocols()
    if (end === undefined) throw badUpgrade('an answer that came too late')
    exchange.liftTimeLimit?.()
    exchange.status = 101
    const { clock, tunnels } = this.#gateway
    const accepted = client.accept(['Connection', 'Upgrade', 'Upgrade', protocol, ...headers])
    const tunnel = new Tunnel(accepted, upstream, clock, this.#route.upgradeIdleMs, (cause) => {
      tunnels.delete(tunnel)
      if (cause !== undefined) exchange.failure = upstreamFailure(cause, false, false)
      end(cause === undefined ? 'success' : 'failure')
    })
    tunnels.add(tunnel)
  }
}

/** The value of `Upgrade` in lower case: of an answer it is one protocol, the one that follows (RFC 9110, 7.8). */
function protocolOf(raw: readonly string[]): string {
  for (let i = 0; i < raw.length; i += 2) {
    if ((raw[i] as string).toLowerCase() === 'upgrade') return (raw[i + 1] as string).toLowerCase()
  }
  return ''
}
