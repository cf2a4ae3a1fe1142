import { TimeoutError } from '@hazeljs/resilience'
import { GatewayError } from '../../errors.js'

/**
 * Whether a request that failed, although an instance of its arm was asked, says something of the arm. What the gateway or a function of
 * the user's did wrong does not. `undefined`: the answer itself said that the service failed.
 */
export function isArmFailure(failure: Error | undefined): boolean {
  if (failure instanceof GatewayError) return failure.code !== 'INTERNAL'
  return failure === undefined || failure instanceof TimeoutError
}
