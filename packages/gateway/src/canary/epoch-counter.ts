import type { CanaryArmName } from './canary-metrics.js'
import { noBucket } from './assignment.js'
import type { ArmTally, Tally } from './rollout.js'

/** Keys are told apart by as many buckets. */
export const stickyBuckets = 10_000

class ArmCounter implements ArmTally {
  requests = 0
  errors = 0
  slow = 0
  distinctErrors = 0
  distinctSlow = 0

  snapshot(): ArmTally {
    const { requests, errors, slow, distinctErrors, distinctSlow } = this
    return Object.freeze({ requests, errors, slow, distinctErrors, distinctSlow })
  }
}

/** Counts what this process saw of one epoch. */
export class EpochCounter implements Tally {
  readonly epoch: number
  readonly stable = new ArmCounter()
  readonly canary = new ArmCounter()
  readonly #forgetAfterMs: number
  #erred: FirstOfKeys | undefined
  #slow: FirstOfKeys | undefined

  /** One error of a key counts as evidence in `forgetAfterMs`. */
  constructor(epoch: number, forgetAfterMs: number) {
    this.epoch = epoch
    this.#forgetAfterMs = forgetAfterMs
  }

  /** A copy that stays as it is. */
  snapshot(): Tally {
    return Object.freeze({ stable: this.stable.snapshot(), canary: this.canary.snapshot() })
  }

  success(arm: CanaryArmName): void {
    this[arm].requests++
  }

  error(arm: CanaryArmName, bucket: number, nowMs: number): void {
    const counter = this[arm]
    counter.requests++
    counter.errors++
    if (bucket !== noBucket && !(this.#erred ??= new FirstOfKeys(this.#forgetAfterMs, nowMs)).isFirst(bucket, nowMs)) return
    counter.distinctErrors++
  }

  slowSuccess(arm: CanaryArmName, bucket: number, nowMs: number): void {
    const counter = this[arm]
    counter.requests++
    counter.slow++
    if (bucket !== noBucket && !(this.#slow ??= new FirstOfKeys(this.#forgetAfterMs, nowMs)).isFirst(bucket, nowMs)) return
    counter.distinctSlow++
  }
}

/** Which keys have been seen since the last time that all were forgotten: a bit a bucket. */
class FirstOfKeys {
  readonly #seen = new Uint8Array(stickyBuckets / 8)
  readonly #forgetAfterMs: number
  #sinceMs: number

  constructor(forgetAfterMs: number, nowMs: number) {
    this.#forgetAfterMs = forgetAfterMs
    this.#sinceMs = nowMs
  }

  isFirst(bucket: number, nowMs: number): boolean {
    if (nowMs - this.#sinceMs >= this.#forgetAfterMs) {
      this.#seen.fill(0)
      this.#sinceMs = nowMs
    }
    const at = bucket >> 3
    const bit = 1 << (bucket & 7)
    const seen = this.#seen[at] as number
    if ((seen & bit) !== 0) return false
    this.#seen[at] = seen | bit
    return true
  }
}
