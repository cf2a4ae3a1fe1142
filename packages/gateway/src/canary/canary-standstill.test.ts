import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { CanaryEngine, type CanaryStore } from '../index.js'

const config = {
  stable: { version: '1', weight: 90 },
  canary: { version: '2', weight: 10 },
  promotion: { strategy: 'error-rate' },
} as const

const codeOf = (engine: CanaryEngine) => engine.getStatus().verdict.code

describe('why nothing moves', () => {
  it('the engine was not started, or was stopped', () => {
    const engine = new CanaryEngine(config, { clock: new FakeClock() })
    for (let i = 0; i < 100; i++) engine.recordFailure('canary', 1)
    expect(engine.getStatus().verdict).toMatchObject({
      action: 'hold',
      code: 'not-running',
      reason: "nothing is judged: call start(), or the gateway's startCanaries()",
    })
    engine.start()
    expect(codeOf(engine)).toBe('step-time')
    engine.pause()
    engine.stop()
    expect(codeOf(engine)).toBe('not-running')
  })

  it('nothing has to move any more', () => {
    const engine = new CanaryEngine(config, { clock: new FakeClock() })
    engine.promote({ full: true })
    expect(codeOf(engine)).toBe('finished')
    engine.rollback()
    expect(codeOf(engine)).toBe('finished')
  })

  it('the store does not answer', () => {
    const never = () => new Promise<never>(() => undefined)
    const store: CanaryStore = { open: never, report: never, update: never, watch: () => () => undefined, remove: never, close: never }
    const engine = new CanaryEngine(config, { clock: new FakeClock(), store })
    engine.start()
    expect(engine.getStatus().verdict).toMatchObject({ action: 'hold', code: 'store-away' })
    engine.stop()
  })
})
