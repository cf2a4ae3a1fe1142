import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { expect, it } from 'vitest'
import { CanaryEngine } from './canary-engine.js'
import { MemoryCanaryStore } from './sharing/memory-canary-store.js'
import type { RolloutState } from './rollout/rollout.js'

/** What is proposed arrives a while later. */
class SlowStore extends MemoryCanaryStore {
  readonly #clock: FakeClock

  constructor(clock: FakeClock) {
    super(clock)
    this.#clock = clock
  }

  override async update(id: string, revision: number, next: RolloutState, leader?: string): ReturnType<MemoryCanaryStore['update']> {
    await this.#clock.sleep(500)
    return super.update(id, revision, next, leader)
  }
}

it('a pause by hand holds, though a step was on its way to the store', async () => {
  const clock = new FakeClock()
  const engine = new CanaryEngine(
    {
      stable: { version: '1', weight: 90 },
      canary: { version: '2', weight: 10 },
      promotion: { strategy: 'error-rate', stepInterval: '5m' },
    },
    { clock, random: new SeededRandom(1), store: new SlowStore(clock) },
  )
  const events: string[] = []
  engine.on('canary:decision', ({ action }) => events.push(action))
  engine.start()
  await clock.advance(10)
  for (let i = 0; i < 600; i++) engine.recordSuccess('canary', 1)
  let paused = false
  for (let i = 0; i < 4_000 && !paused; i++) {
    await clock.advance(100)
    if (engine.getStatus().verdict.action !== 'promote') continue
    await clock.advance(100)
    engine.pause()
    paused = true
  }
  await clock.advance(20 * 60_000)
  expect(engine.getStatus()).toMatchObject({ state: 'PAUSED', reason: 'paused by hand' })
  expect(engine.getStatus().canaryWeight).toBeLessThanOrEqual(25)
  await engine.close()
})
