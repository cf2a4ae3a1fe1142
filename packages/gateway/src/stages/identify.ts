import { randomUUID } from 'node:crypto'
import { headerValue, headerValues } from '../http/header-lookup.js'
import type { GatewayStage } from '../stage.js'

/** An id that may go into logs and headers as it is. */
const wellFormedId = /^[\w.:@/+=-]{1,128}$/

/** Who sent this: the client's address, found through trusted proxies, and the request's id. */
export const identify: GatewayStage =
  ({ addresses, config }) =>
  (exchange, next) => {
    const { peer, rawHeaders } = exchange.arrived
    exchange.peerTrusted = addresses.isTrusted(peer)
    exchange.clientIp = addresses.clientIp(peer, exchange.peerTrusted ? headerValues(rawHeaders, 'x-forwarded-for') : [])
    if (config.requestId) {
      const inbound = exchange.peerTrusted ? headerValue(rawHeaders, 'x-request-id') : undefined
      exchange.requestId = inbound !== undefined && wellFormedId.test(inbound) ? inbound : randomUUID()
      exchange.addAnswerHeader('X-Request-Id', exchange.requestId)
    }
    return next(exchange)
  }
