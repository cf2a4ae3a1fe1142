import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { CanaryEngine } from './canary-engine.js'
import { MemoryCanaryStore } from './sharing/memory-canary-store.js'
import type { CanaryStore } from './sharing/canary-store.js'

const minute = 60_000

function started(store?: (clock: FakeClock) => CanaryStore) {
  const clock = new FakeClock()
  const engine = new CanaryEngine(
    { stable: { version: '1', weight: 90 }, canary: { version: '2', weight: 10 }, promotion: { strategy: 'error-rate' } },
    { clock, random: new SeededRandom(1), ...(store && { store: store(clock) }) },
  )
  const events: string[] = []
  for (const name of ['canary:promote', 'canary:complete', 'canary:rollback', 'canary:paused'] as const)
    engine.on(name, ({ previousWeight, weight }) => events.push(`${name} ${previousWeight}→${weight}`))
  engine.start()
  const prove = () => {
    for (let i = 0; i < 600; i++) engine.recordSuccess('canary', 1)
  }
  return { clock, engine, events, prove }
}

/** Calls `act` within the first decision to `action`. */
function onDecision(engine: CanaryEngine, action: string, act: () => void): void {
  let isDone = false
  engine.on('canary:decision', (decision) => {
    if (isDone || decision.action !== action) return
    isDone = true
    act()
  })
}

describe('a listener of decisions', () => {
  it('sees the change done', () => {
    const { engine } = started()
    const seen: unknown[] = []
    engine.on('canary:decision', ({ weight }) => seen.push([weight, engine.getStatus().canaryWeight]))
    engine.promote()
    expect(seen).toEqual([[10, 25]])
  })

  it('that rolls back when evidence promotes has the last word', async () => {
    const { clock, engine, events, prove } = started()
    onDecision(engine, 'promote', () => engine.rollback())
    prove()
    await clock.advance(6 * minute)
    expect(engine.getStatus()).toMatchObject({ state: 'ROLLED_BACK', canaryWeight: 0 })
    expect(events).toEqual(['canary:rollback 25→0'])
  })

  it('that rolls back when a hand promotes has the last word', () => {
    const { engine, events } = started()
    onDecision(engine, 'promote', () => engine.rollback())
    engine.promote({ full: true })
    expect(engine.getStatus()).toMatchObject({ state: 'ROLLED_BACK', canaryWeight: 0 })
    expect(events).toEqual(['canary:rollback 100→0'])
  })

  it('cannot promote what is being rolled back', () => {
    const { engine, events } = started()
    const thrown: unknown[] = []
    onDecision(engine, 'rollback', () => {
      try {
        engine.promote()
      } catch (error) {
        thrown.push(error)
      }
    })
    for (let i = 0; i < 20; i++) engine.recordFailure('canary', 1)
    expect(thrown).toEqual([expect.objectContaining({ code: 'CANARY_ROLLED_BACK' })])
    expect(events).toEqual(['canary:rollback 10→0'])
  })

  it('that promotes when a hand pauses leaves it paused, a step further', () => {
    const { engine, events } = started()
    onDecision(engine, 'pause', () => engine.promote())
    engine.pause()
    expect(engine.getStatus()).toMatchObject({ state: 'PAUSED', canaryWeight: 25 })
    expect(events).toEqual(['canary:promote 10→25'])
  })
})

describe('a listener of a shared rollout', () => {
  it('that moves it on has the last word in the store, too', async () => {
    const stores: MemoryCanaryStore[] = []
    const { clock, engine } = started((time) => (stores[0] = new MemoryCanaryStore(time)))
    await clock.advance(10)
    engine.on('canary:promote', () => engine.pause())
    engine.promote()
    expect(engine.getStatus()).toMatchObject({ state: 'PAUSED', canaryWeight: 25 })
    await clock.advance(5_000)
    expect(engine.getStatus()).toMatchObject({ state: 'PAUSED', canaryWeight: 25 })
  })

  it('that rolls back what evidence promoted has the last word in the store, too', async () => {
    const { clock, engine, prove } = started((time) => new MemoryCanaryStore(time))
    await clock.advance(10)
    onDecision(engine, 'promote', () => engine.rollback())
    prove()
    await clock.advance(10 * minute)
    expect(engine.getStatus()).toMatchObject({ state: 'ROLLED_BACK', canaryWeight: 0 })
    expect(engine.getStatus().tally.canary.requests).toBe(0)
  })
})

describe('a listener that stops', () => {
  it('and starts again leaves one timer', async () => {
    const { clock, engine } = started()
    engine.on('canary:decision', () => {
      engine.stop()
      engine.start()
    })
    await clock.advance(2_000)
    expect(clock.pendingTimers).toBe(1)
  })

  it('when the canary is rolled back leaves none', async () => {
    const { clock, engine } = started()
    engine.on('canary:rollback', () => engine.stop())
    engine.rollback()
    expect(clock.pendingTimers).toBe(0)
    await clock.advance(minute)
    expect(engine.getStatus()).toMatchObject({ state: 'ROLLED_BACK', running: false })
  })
})

it('has no timer once it is rolled back, started before or after', () => {
  const { clock, engine } = started()
  engine.rollback()
  expect(clock.pendingTimers).toBe(0)
  engine.stop()
  engine.start()
  expect(engine.getStatus().running).toBe(true)
  expect(clock.pendingTimers).toBe(0)
})

it('records nothing after close, and does not mind', async () => {
  const { clock, engine } = started()
  await engine.close()
  for (let i = 0; i < 50; i++) engine.recordFailure('canary', 1)
  expect(engine.getStatus()).toMatchObject({ state: 'ACTIVE', running: false })
  expect(clock.pendingTimers).toBe(0)
})

it('judges anew when it is started after a stop, and a stop in a listener of a fault is a stop', async () => {
  const { clock, engine, events, prove } = started()
  engine.stop()
  await clock.advance(60 * minute)
  expect(events).toEqual([])
  engine.start()
  prove()
  await clock.advance(1_000)
  expect(events).toEqual(['canary:promote 10→25'])
})
