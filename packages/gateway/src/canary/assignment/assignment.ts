import type { CanaryArmName } from '../canary-metrics.js'

/** The arm that a request goes to, and whether what becomes of it is evidence. */
export interface Assignment {
  readonly arm: CanaryArmName
  /** The epoch in which chance or its key sent it there; {@link noEpoch} where somebody wished it, or the other arm could not serve it. */
  readonly epoch: number
  /** From 0 to 9,999, the same for every request with its key; {@link noBucket} without a key. */
  readonly bucket: number
  /** A key that was made for a client without one, to be sent again with its further requests. */
  readonly issuedKey?: string
}

export const noEpoch = -1
export const noBucket = -1

/** That something else than chance or a key brought the request there. */
export const stableWithoutEvidence: Assignment = Object.freeze({ arm: 'stable', epoch: noEpoch, bucket: noBucket })
export const canaryWithoutEvidence: Assignment = Object.freeze({ arm: 'canary', epoch: noEpoch, bucket: noBucket })
