import type { Clock, Logger, Random } from '@hazeljs/core'

/** What a backend works with besides its registry. */
export interface BackendDependencies {
  readonly clock?: Clock
  readonly random?: Random
  /** Told of entries of the registry that are no instances, once each, and of reconnections. Default: a process warning for the former. */
  readonly logger?: Logger
}
