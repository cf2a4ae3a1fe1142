import { GatewayError } from '../errors.js'
import { isAuthority, parseTarget } from '../http/target.js'
import { headerValues } from '../http/header-lookup.js'
import type { GatewayStage } from '../stage.js'

/** Refuses what is malformed, and brings the target into the one form that everything after reads. */
export const validate: GatewayStage = () => (exchange, next) => {
  const { method, rawTarget, rawHeaders, body } = exchange.arrived
  if (body !== null && !Buffer.isBuffer(body) && (body.readableDidRead || body.readableEnded)) {
    throw new Error('The body of the request was read before it came here: put the gateway in front of any body parser')
  }
  const parsed = parseTarget(method, rawTarget)
  if (parsed.kind === 'refused')
    throw new GatewayError(parsed.status === 501 ? 'NOT_IMPLEMENTED' : 'INVALID_REQUEST', { detail: parsed.detail })
  exchange.target = parsed
  const hosts = headerValues(rawHeaders, 'host')
  if (hosts.length > 1) throw new GatewayError('INVALID_REQUEST', { detail: 'more than one Host' })
  const host = parsed.authority ?? hosts[0] ?? ''
  if (host !== '' && !isAuthority(host)) throw new GatewayError('INVALID_REQUEST', { detail: 'malformed Host' })
  exchange.host = host
  return next(exchange)
}
