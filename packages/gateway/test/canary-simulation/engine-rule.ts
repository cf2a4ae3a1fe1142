import { FakeClock } from '@hazeljs/core/testing'
import { CanaryEngine } from '../../src/canary/canary-engine.js'
import type { CanaryArmName } from '../../src/canary/canary-metrics.js'
import { alpha, type RollbackRule } from './rollback-rules.js'

/** The engine itself, with its defaults. No time passes, so it takes no step. */
export class EngineRule implements RollbackRule {
  readonly #engine: CanaryEngine
  #isRolledBack = false

  constructor(weight: number) {
    const config = {
      stable: { version: '1', weight: 100 - weight },
      canary: { version: '2', weight },
      promotion: { strategy: 'error-rate', falseRollbackRate: alpha * 100 },
    } as const
    this.#engine = new CanaryEngine(config, { clock: new FakeClock() })
    this.#engine.on('canary:rollback', () => (this.#isRolledBack = true))
    this.#engine.start()
  }

  sees(arm: CanaryArmName, failed: boolean): boolean {
    if (failed) this.#engine.recordFailure(arm, 1)
    else this.#engine.recordSuccess(arm, 1)
    return this.#isRolledBack
  }
}
