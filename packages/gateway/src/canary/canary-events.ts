/** A canary's weight or state changed. */
export interface CanaryChange {
  readonly stableVersion: string
  readonly canaryVersion: string
  /** The canary's share of the traffic from now on, in per cent. */
  readonly weight: number
  readonly previousWeight: number
  /** Why, as a sentence. */
  readonly reason: string
  /** Milliseconds since the Unix epoch. */
  readonly at: number
}

export interface CanaryEvents {
  /** The canary's weight was raised. */
  'canary:promote': CanaryChange
  /** The canary reached 100 per cent. Follows the last `canary:promote`. */
  'canary:complete': CanaryChange
  'canary:rollback': CanaryChange
  'canary:paused': CanaryChange
}
