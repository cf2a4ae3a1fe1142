import { TimeoutError } from '@hazeljs/resilience'
import { GatewayError } from '../errors.js'

/**
 * Whether a request that failed, although an instance of its arm was asked, says something of the arm. What the gateway or a function of
 * the user's did wrong, and what ended with the gateway, does not. `undefined`: the answer itself said that the service failed.
 */
export function isArmFailure(failure: Error | undefined): boolean {
  if (failure instanceof GatewayError) return failure.code !== 'INTERNAL' && failure.code !== 'GATEWAY_CLOSED'
  return failure === undefined || failure instanceof TimeoutError
}
