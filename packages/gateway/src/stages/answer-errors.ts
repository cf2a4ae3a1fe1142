import { toError } from '@hazeljs/core'
import { BulkheadError, CircuitBreakerError, RetryExhaustedError, TimeoutError, type Outcome } from '@hazeljs/resilience'
import { GatewayError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import type { GatewayContext } from '../gateway-context.js'
import { breakOff } from '../http/client-response.js'
import { writeProblem } from '../http/problem.js'
import { shedRetryAfterMs } from '../overload.js'
import type { GatewayStage } from '../stage.js'

/** Turns what the stages inside throw into an answer. Nothing that goes wrong in a stage gets past it. */
export const answerErrors: GatewayStage = (gateway) => async (exchange, next) => {
  try {
    return await next(exchange)
  } catch (thrown) {
    try {
      return answer(gateway, exchange, toGatewayError(thrown))
    } catch (error) {
      gateway.logger.error({ error: toError(error).message }, 'an error could not be answered')
      breakOff(exchange.response)
      return 'failure'
    }
  }
}

function answer(gateway: GatewayContext, exchange: Exchange, error: GatewayError): Outcome {
  exchange.failure = error
  if (exchange.clientIsGone) return 'ignored'
  if (error.code === 'INTERNAL') {
    const { cause } = error
    gateway.logger.error({ error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) }, 'a stage failed')
  }
  if (exchange.response.headersSent) {
    breakOff(exchange.response)
    return 'failure'
  }
  writeProblem(exchange, error)
  // A refusal says nothing about the service; a 5xx is a call that failed.
  return error.status >= 500 ? 'failure' : 'ignored'
}

function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof RetryExhaustedError) return toGatewayError(thrown.lastError)
  if (thrown instanceof GatewayError) return thrown
  if (thrown instanceof CircuitBreakerError) return new GatewayError('CIRCUIT_OPEN', { cause: thrown, retryAfterMs: thrown.retryAfterMs })
  if (thrown instanceof BulkheadError) return new GatewayError('BULKHEAD_FULL', { cause: thrown, retryAfterMs: shedRetryAfterMs })
  if (thrown instanceof TimeoutError) return new GatewayError('UPSTREAM_TIMEOUT', { cause: thrown })
  return new GatewayError('INTERNAL', { cause: thrown })
}
