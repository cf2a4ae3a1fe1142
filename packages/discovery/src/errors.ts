import { HazelError } from '@hazeljs/core'

/**
 * - `REGISTRY_UNAVAILABLE`: the registry did not answer, and no earlier answer is known. The registry's own error is the `cause`.
 * - `REGISTRY_REFUSED`: the registry does not know who asks, or does not allow it; the message says what is missing.
 * - `REGISTRATION_FAILED`: an instance could not be registered or deregistered. The registry's own error is the `cause`.
 * - `READ_ONLY_REGISTRY`: a change was asked of a registry that is only read; the message says what to do instead.
 * - `UNKNOWN_STRATEGY`: no load balancing strategy has this name; the message lists those that exist.
 * - `NO_INSTANCE`: no instance that is meant is UP; the message says how many are known, and how they are.
 * - `INSTANCE_UNUSABLE`: the instance that was picked cannot be called over HTTP: it speaks grpc, or its address is none.
 * - `CLIENT_CLOSED`: the client, or the picker's client, was closed before.
 */
export type DiscoveryErrorCode =
  | 'REGISTRY_UNAVAILABLE'
  | 'REGISTRY_REFUSED'
  | 'REGISTRATION_FAILED'
  | 'READ_ONLY_REGISTRY'
  | 'UNKNOWN_STRATEGY'
  | 'NO_INSTANCE'
  | 'INSTANCE_UNUSABLE'
  | 'CLIENT_CLOSED'

/** What goes wrong between a registry and those who use it. No call to a service was made when it is thrown. */
export class DiscoveryError extends HazelError {
  override readonly code: DiscoveryErrorCode

  constructor(code: DiscoveryErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
    this.code = code
  }
}
