import type { CanaryArmName } from '../../src/canary/canary-metrics.js'
import { logEvidence } from '../../src/canary/judge/rate-comparison.js'

/** Watches one rollout, request by request. */
export interface RollbackRule {
  /** Whether the canary is rolled back upon this request. */
  sees(arm: CanaryArmName, failed: boolean): boolean
}

/** α of the rules that have one. */
export const alpha = 0.01

/** What the engine compares, without the engine. */
export class Comparison implements RollbackRule {
  readonly #weight: number
  #stable = 0
  #canary = 0

  constructor(weight: number) {
    this.#weight = weight
  }

  sees(arm: CanaryArmName, failed: boolean): boolean {
    if (!failed) return false
    if (arm === 'canary') this.#canary++
    else this.#stable++
    return logEvidence([{ weight: this.#weight, stable: this.#stable, canary: this.#canary }]) >= -Math.log(alpha)
  }
}

const requestsBetweenLooks = 200

/** More than 5 per cent of the canary's requests failed in a window of 200 requests, of which at least 10 were the canary's. */
export class FixedThreshold implements RollbackRule {
  #requests = 0
  #ofCanary = 0
  #failed = 0

  sees(arm: CanaryArmName, failed: boolean): boolean {
    this.#requests++
    if (arm === 'canary') {
      this.#ofCanary++
      if (failed) this.#failed++
    }
    if (this.#requests < requestsBetweenLooks) return false
    const isAbove = this.#ofCanary >= 10 && this.#failed > 0.05 * this.#ofCanary
    this.#requests = this.#ofCanary = this.#failed = 0
    return isAbove
  }
}

/** The one-sided 1 per cent quantile of the normal distribution. */
const criticalZ = 2.326

/** The two-proportion z-test of textbooks, of everything so far, looked at every 200 requests. */
export class RepeatedZTest implements RollbackRule {
  #requests = 0
  #ofCanary = 0
  #stableFailed = 0
  #canaryFailed = 0

  sees(arm: CanaryArmName, failed: boolean): boolean {
    this.#requests++
    if (arm === 'canary') {
      this.#ofCanary++
      if (failed) this.#canaryFailed++
    } else if (failed) this.#stableFailed++
    return this.#requests % requestsBetweenLooks === 0 && this.#z() > criticalZ
  }

  #z(): number {
    const ofStable = this.#requests - this.#ofCanary
    if (ofStable === 0 || this.#ofCanary === 0) return 0
    const pooled = (this.#stableFailed + this.#canaryFailed) / this.#requests
    const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / ofStable + 1 / this.#ofCanary))
    return deviation === 0 ? 0 : (this.#canaryFailed / this.#ofCanary - this.#stableFailed / ofStable) / deviation
  }
}
