import type { CanaryArmName } from '../canary-metrics.js'
import type { CanaryArmTally, CanaryTally } from './rollout.js'

class ArmCounter implements CanaryArmTally {
  requests = 0
  errors = 0
  slow = 0
  distinctErrors = 0
  distinctSlow = 0

  snapshot(): CanaryArmTally {
    const { requests, errors, slow, distinctErrors, distinctSlow } = this
    return Object.freeze({ requests, errors, slow, distinctErrors, distinctSlow })
  }
}

/** Counts what this process saw of one epoch. */
export class EpochCounter implements CanaryTally {
  readonly epoch: number
  readonly stable = new ArmCounter()
  readonly canary = new ArmCounter()

  constructor(epoch: number) {
    this.epoch = epoch
  }

  /** A copy that stays as it is. */
  snapshot(): CanaryTally {
    return Object.freeze({ stable: this.stable.snapshot(), canary: this.canary.snapshot() })
  }

  success(arm: CanaryArmName): void {
    this[arm].requests++
  }

  /** `counts`: it is evidence, too. */
  error(arm: CanaryArmName, counts: boolean): void {
    const counter = this[arm]
    counter.requests++
    counter.errors++
    if (counts) counter.distinctErrors++
  }

  /** `counts`: it is evidence, too. */
  slowSuccess(arm: CanaryArmName, counts: boolean): void {
    const counter = this[arm]
    counter.requests++
    counter.slow++
    if (counts) counter.distinctSlow++
  }
}
