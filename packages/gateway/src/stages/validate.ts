import { GatewayError } from '../errors.js'
import { checkFields, hasUnderscoredName } from '../http/request-fields.js'
import { parseTarget } from '../http/target.js'
import { unparsedProblem } from '../http/unparsed-request.js'
import type { GatewayStage } from '../stage.js'

/** Refuses what is malformed, and brings the target into the one form that everything after reads. */
export const validate: GatewayStage = ({ config }) => {
  const { maxUrlLength, refuseUnderscores } = config
  return (exchange, next) => {
    const { method, rawTarget, rawHeaders, httpVersion, body } = exchange.arrived
    if (body !== null && !Buffer.isBuffer(body) && (body.readableDidRead || body.readableEnded)) {
      throw new Error('The body of the request was read before it came here: put the gateway in front of any body parser')
    }
    if (httpVersion === undefined) {
      const detail = unparsedProblem(exchange.arrived)
      if (detail !== undefined) throw new GatewayError('INVALID_REQUEST', { detail })
    }
    if (rawTarget.length > maxUrlLength) throw new GatewayError('URL_TOO_LONG', { detail: `At most ${maxUrlLength} characters are taken.` })
    const host = checkFields(rawHeaders, httpVersion)
    if (typeof host !== 'string') throw new GatewayError(host.code, { detail: host.detail })
    if (refuseUnderscores && hasUnderscoredName(rawHeaders))
      throw new GatewayError('INVALID_REQUEST', { detail: 'The name of a header field holds an underscore.' })
    const parsed = parseTarget(method, rawTarget)
    if (parsed.kind === 'refused')
      throw new GatewayError(parsed.status === 501 ? 'NOT_IMPLEMENTED' : 'INVALID_REQUEST', { detail: parsed.detail })
    exchange.target = parsed
    exchange.host = parsed.authority ?? host
    return next(exchange)
  }
}
