import { CancelSource } from '@hazeljs/core'
import { GatewayError } from '../errors.js'
import { BodyLimit } from '../http/body-limit.js'
import { headerValue } from '../http/header-lookup.js'
import type { RouteStage } from '../stage.js'

/**
 * Refuses bodies that are too large: at once where their length is said, which the HTTP server then holds them to; otherwise as soon as
 * too much has come, and then the call to the instance is broken off.
 */
export const limitBody: RouteStage = ({ maxBodyBytes }) => {
  if (maxBodyBytes === undefined) return undefined
  return (exchange, next) => {
    const { body, arrived } = exchange
    if (body === null) return next(exchange)
    const length = Buffer.isBuffer(body) ? body.length : headerValue(arrived.rawHeaders, 'content-length')
    if (Number(length ?? 0) > maxBodyBytes) throw bodyTooLarge(maxBodyBytes)
    if (length !== undefined || Buffer.isBuffer(body)) return next(exchange)
    const source = new CancelSource(exchange.context.cancellation)
    exchange.context = exchange.context.under(source)
    exchange.body = new BodyLimit(body, maxBodyBytes, () => {
      source.abort(bodyTooLarge(maxBodyBytes))
    })
    return next(exchange).finally(() => {
      source.dispose()
    })
  }
}

export function bodyTooLarge(maxBodyBytes: number): GatewayError {
  return new GatewayError('BODY_TOO_LARGE', { detail: `At most ${maxBodyBytes} bytes are taken here.` })
}
