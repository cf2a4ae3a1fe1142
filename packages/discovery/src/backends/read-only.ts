import { DiscoveryError } from '../errors.js'

/**
 * What `register`, `deregister`, `heartbeat` and `updateStatus` of a registry that is only read reject with.
 *
 * @param registry as a message names it: 'DNS'
 * @param instead what to do in place of it, as a sentence without its full stop
 */
export function refuseChange(registry: string, instead: string): Promise<never> {
  return Promise.reject(
    new DiscoveryError('READ_ONLY_REGISTRY', `${registry} is only read here, so no instance can be changed. ${instead}`),
  )
}
