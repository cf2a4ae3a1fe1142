import type { CanaryArmName } from './canary-metrics.js'

/** The arm that a request goes to, and whether what becomes of it is evidence. */
export interface Assignment {
  readonly arm: CanaryArmName
  /** The epoch in which chance or its key sent it there; {@link noEpoch} where somebody wished it, or the other arm could not serve it. */
  readonly epoch: number
  /** From 0 to 9,999, the same for every request with its key; {@link noBucket} without a key. */
  readonly bucket: number
}

export const noEpoch = -1
export const noBucket = -1
