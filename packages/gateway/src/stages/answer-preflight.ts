import type { CorsConfig } from '../config/gateway-options.js'
import { GatewayError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import { headerValue } from '../http/header-lookup.js'
import type { GatewayStage } from '../stage.js'
import { durationMs } from '@hazeljs/core'

/**
 * CORS, as the Fetch standard has it: answers preflights before a route's methods are looked at, and tells browsers on every other
 * answer, errors included, who may read it.
 */
export const answerPreflight: GatewayStage = ({ config }) => {
  const { cors } = config
  if (cors === undefined) return undefined
  const methods = cors.methods?.join(', ')
  const allowedHeaders = cors.allowedHeaders?.join(', ')
  const exposedHeaders = cors.exposedHeaders?.join(', ') ?? ''
  const maxAgeMs = durationMs(cors.maxAge)
  return (exchange, next) => {
    const { method, rawHeaders } = exchange.arrived
    const origin = headerValue(rawHeaders, 'origin')
    const asked = method === 'OPTIONS' && origin !== undefined ? headerValue(rawHeaders, 'access-control-request-method') : undefined
    allowOrigin(exchange, cors, origin)
    if (asked === undefined) {
      if (exposedHeaders !== '') exchange.addAnswerHeader('Access-Control-Expose-Headers', exposedHeaders)
      return next(exchange)
    }
    exchange.addAnswerHeader('Access-Control-Allow-Methods', methods ?? asked)
    const headers = allowedHeaders ?? headerValue(rawHeaders, 'access-control-request-headers')
    if (headers !== undefined) exchange.addAnswerHeader('Access-Control-Allow-Headers', headers)
    if (maxAgeMs !== undefined) exchange.addAnswerHeader('Access-Control-Max-Age', String(Math.floor(maxAgeMs / 1_000)))
    if (exchange.bodyIsArriving) exchange.response.shouldKeepAlive = false
    exchange.status = 204
    exchange.response.writeHead(204, exchange.answerHeaders ?? [])
    exchange.response.end()
    return Promise.resolve('ignored')
  }
}

/**
 * An origin that isn't allowed gets no field at all, and its browser refuses the answer. Answers to requests without an origin are marked
 * too, or a cache would hand them to those that have one (Fetch, "CORS protocol and HTTP caches").
 */
function allowOrigin(exchange: Exchange, cors: CorsConfig, origin: string | undefined): void {
  const allowed = cors.origin ?? '*'
  if (allowed === '*') {
    exchange.addAnswerHeader('Access-Control-Allow-Origin', '*')
    return
  }
  exchange.addAnswerHeader('Vary', 'Origin')
  if (origin === undefined) return
  if (typeof allowed === 'string' ? allowed !== origin : !allowed.includes(origin)) {
    if (exchange.upgrade !== undefined && !isOwnOrigin(origin, exchange)) throw new GatewayError('ORIGIN_REFUSED')
    return
  }
  exchange.addAnswerHeader('Access-Control-Allow-Origin', origin)
  if (cors.credentials === true) exchange.addAnswerHeader('Access-Control-Allow-Credentials', 'true')
}

/**
 * Browsers let any page open a WebSocket, and send the cookies of its target along (RFC 6455, 10.2): nobody but the server keeps foreign pages
 * out. A page of the host that it connects to is none; the scheme is not compared, for TLS may end in front of the gateway.
 */
function isOwnOrigin(origin: string, { host, peerTrusted, arrived }: Exchange): boolean {
  const forwarded = peerTrusted ? headerValue(arrived.rawHeaders, 'x-forwarded-host') : undefined
  return origin.replace(/^https?:\/\//, '') === (forwarded ?? host).toLowerCase()
}
