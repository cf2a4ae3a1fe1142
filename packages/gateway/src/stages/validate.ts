import { GatewayError } from '../errors.js'
import { checkFields, hasUnderscoredName } from '../http/request-fields.js'
import { encodedSlash, encodedSlashesRead, parseTarget, type RequestTarget } from '../http/target.js'
import { unparsedProblem } from '../http/unparsed-request.js'
import type { FindRoute, GatewayStage } from '../stage.js'

/** Refuses what is malformed, and brings the target into the one form that everything after reads. */
export const validate: GatewayStage = ({ config }, findRoute) => {
  const { maxUrlLength, refuseUnderscores } = config
  return (exchange, next) => {
    const { method, rawTarget, rawHeaders, httpVersion, body } = exchange.arrived
    if (body !== null && !Buffer.isBuffer(body)) {
      if (body.readableDidRead || body.readableEnded)
        throw new Error('The body of the request was read before it came here: put the gateway in front of any body parser')
      if (body.readableEncoding !== null)
        throw new Error('The body of the request comes as text, not bytes: put the gateway in front of what calls setEncoding')
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
    let parsed = parseTarget(method, rawTarget)
    if (parsed === encodedSlash) parsed = allowedSlashes(findRoute, method, rawTarget) ?? encodedSlash
    if (parsed.kind === 'refused')
      throw new GatewayError(parsed.status === 501 ? 'NOT_IMPLEMENTED' : 'INVALID_REQUEST', { detail: parsed.detail })
    exchange.target = parsed
    exchange.host = parsed.authority ?? host
    return next(exchange)
  }
}

/**
 * The target with its encoded slashes, where it leads to a route that allows them. Services differ in how they read `%2F`, so both
 * readings have to lead to that one route: no spelling of a path gets past the route that guards it.
 *
 * Where neither reading is served by this method, nobody can misread it: the request goes on to its preflight, or its 405.
 */
function allowedSlashes(findRoute: FindRoute, method: string, rawTarget: string): RequestTarget | undefined {
  const target = parseTarget(method, rawTarget, true)
  if (target.kind === 'refused') return undefined
  const read = encodedSlashesRead(target.path)
  if (typeof read !== 'string') return undefined
  const kept = findRoute(method, target.path)
  const decoded = findRoute(method, read)
  if (kept.kind === 'method-not-allowed') return decoded.kind === kept.kind ? target : undefined
  if (kept.kind === 'not-found' || decoded.kind !== 'found') return undefined
  return kept.value.plan === decoded.value.plan && kept.value.plan.allowEncodedSlashes ? target : undefined
}
