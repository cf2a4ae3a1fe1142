import type { ServiceStatus } from '@hazeljs/core'

/** What a registration tells about its instance. */
export interface RegistrationEvents {
  /** The instance is to have another status, by its own checks, by an operator or by its shutdown. The registry may learn of it later. */
  status: StatusChange
}

export interface StatusChange {
  readonly from: ServiceStatus
  readonly to: ServiceStatus
  /** For people. */
  readonly reason: string
}
