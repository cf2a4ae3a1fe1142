import { toError } from '@hazeljs/core'
import type { Lease } from '@hazeljs/discovery'
import type { Outcome } from '@hazeljs/resilience'
import { CapturedAttempt } from '../upstream/captured-attempt.js'
import { UpgradeAttempt } from '../upstream/upgrade-attempt.js'
import { UpstreamAttempt } from '../upstream/upstream-attempt.js'
import type { RouteStage } from '../stage.js'

/** Sends the request to the instance and streams the answer back. The last stage. */
export const forward: RouteStage = (route, gateway) => {
  const { attemptTimeoutMs, answerRules } = route
  const { pools } = gateway
  const Attempt = route.mirror?.compares === true ? CapturedAttempt : UpstreamAttempt
  return (exchange) =>
    new Promise<Outcome>((resolve, reject) => {
      const lease = exchange.lease as Lease
      const upgrade = exchange.upgrade?.protocols.find((protocol) => route.upgrades.includes(protocol))
      const attempt =
        upgrade === undefined
          ? new Attempt(exchange, lease, answerRules, gateway, resolve, reject)
          : new UpgradeAttempt(exchange, lease, route, gateway, resolve, reject)
      if (attemptTimeoutMs !== undefined) attempt.limitHead(attemptTimeoutMs)
      try {
        attempt.start(pools.for(lease.instance), {
          method: exchange.arrived.method,
          target: exchange.upstreamTarget,
          headers: exchange.upstreamHeaders,
          body: exchange.body,
          upgrade,
        })
      } catch (error) {
        attempt.refuse(toError(error))
      }
    })
}
