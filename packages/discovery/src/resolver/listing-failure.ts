import { toError } from '@hazeljs/core'
import { DiscoveryError } from '../errors.js'

/** Of a listing that failed. What the registry said is in the message as well as in the cause, which not every log shows. */
export function listingFailure(what: string, error: unknown): DiscoveryError {
  const cause = toError(error)
  const refused = cause instanceof DiscoveryError && cause.code === 'REGISTRY_REFUSED'
  const code = refused ? 'REGISTRY_REFUSED' : 'REGISTRY_UNAVAILABLE'
  return new DiscoveryError(code, `The registry did not list ${what}: ${cause.message}`, { cause: error })
}
