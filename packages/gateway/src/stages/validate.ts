import { GatewayError } from '../errors.js'
import { parseTarget } from '../http/target.js'
import { headerValues } from '../http/header-lookup.js'
import type { GatewayStage } from '../stage.js'

// No userinfo, no path: uri-host and port of RFC 9110 section 7.2, with an IPv6 address in brackets.
const wellFormedHost = /^(?:[\w.~!$&'()*+,;=%-]*|\[[0-9a-fA-F:.]+\])(?::\d{0,5})?$/

/** Refuses what is malformed, and brings the target into the one form that everything after reads. */
export const validate: GatewayStage = () => (exchange, next) => {
  const { method, rawTarget, rawHeaders } = exchange.arrived
  const parsed = parseTarget(method, rawTarget)
  if (parsed.kind === 'refused')
    throw new GatewayError(parsed.status === 501 ? 'NOT_IMPLEMENTED' : 'INVALID_REQUEST', { detail: parsed.detail })
  exchange.target = parsed
  const hosts = headerValues(rawHeaders, 'host')
  if (hosts.length > 1) throw new GatewayError('INVALID_REQUEST', { detail: 'more than one Host' })
  const host = parsed.authority ?? hosts[0] ?? ''
  if (!wellFormedHost.test(host)) throw new GatewayError('INVALID_REQUEST', { detail: 'malformed Host' })
  exchange.host = host
  return next(exchange)
}
