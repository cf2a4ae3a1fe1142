import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import type { CanaryConfig, CanaryPromotion } from '../config/canary-config.js'
import { CanaryEngine } from './canary-engine.js'
import type { CanaryStore } from './sharing/canary-store.js'
import { MemoryCanaryStore } from './sharing/memory-canary-store.js'

const minute = 60_000

function configOf(promotion: Partial<CanaryPromotion> = {}): CanaryConfig {
  return {
    stable: { version: '1', weight: 90 },
    canary: { version: '2', weight: 10 },
    promotion: { strategy: 'error-rate', stepInterval: '5m', ...promotion },
  }
}

interface Member {
  readonly engine: CanaryEngine
  readonly events: string[]
}

function world(promotion?: Partial<CanaryPromotion>) {
  const clock = new FakeClock()
  const store = new MemoryCanaryStore(clock)
  let seed = 0
  const join = async (through: CanaryStore = store): Promise<Member> => {
    const engine = new CanaryEngine(configOf(promotion), { clock, store: through, random: new SeededRandom(++seed) })
    const events: string[] = []
    for (const name of ['canary:promote', 'canary:complete', 'canary:rollback', 'canary:paused'] as const)
      engine.on(name, ({ previousWeight, weight }) => events.push(`${name} ${previousWeight}→${weight}`))
    engine.on('canary:decision', ({ action, code }) => events.push(`decided ${action} ${code}`))
    engine.on('canary:fault', ({ part }) => events.push(`fault ${part}`))
    engine.start()
    await clock.advance(10)
    return { engine, events }
  }
  return { clock, store, join }
}

const weights = (members: readonly Member[]) => members.map(({ engine }) => engine.getStatus().canaryWeight)
const succeed = ({ engine }: Member, arm: 'stable' | 'canary', times: number) => {
  for (let i = 0; i < times; i++) engine.recordSuccess(arm, 1)
}
const fail = ({ engine }: Member, arm: 'stable' | 'canary', times: number) => {
  for (let i = 0; i < times; i++) engine.recordFailure(arm, 1)
}

describe('engines that share a rollout', () => {
  it('count together, and one of them decides for all', async () => {
    const { clock, join } = world()
    const members = [await join(), await join(), await join()]
    expect(members.map(({ engine }) => engine.getStatus().leads)).toEqual([true, false, false])
    for (const member of members) {
      succeed(member, 'stable', 2_000)
      succeed(member, 'canary', 200)
    }
    await clock.advance(5 * minute + 2_000)
    expect(weights(members)).toEqual([25, 25, 25])
    const [leader, ...others] = members.map(({ events }) => events)
    expect(leader).toEqual([
      'decided hold step-time',
      'decided promote as-good-as-stable',
      'canary:promote 10→25',
      'decided hold step-time',
    ])
    for (const events of others) expect(events).toEqual(['canary:promote 10→25'])
  })

  it('roll back for errors that each of them has seen but a few of', async () => {
    const { clock, join } = world()
    const members = [await join(), await join(), await join()]
    for (const member of members) {
      succeed(member, 'stable', 30)
      fail(member, 'canary', 2)
    }
    await clock.advance(1_500)
    expect(members.map(({ engine }) => engine.getStatus().state)).toEqual(['ROLLED_BACK', 'ROLLED_BACK', 'ROLLED_BACK'])
    expect(members[2]?.engine.getStatus().reason).toMatch(/6 of 6 requests failed, of stable's 0 of 90 requests/)
  })

  it('send nobody to the canary before they know how far it is', () => {
    const { store } = world()
    const engine = new CanaryEngine(configOf(), { store, random: { next: () => 0 } })
    expect(engine.selectVersion()).toBe('stable')
    void engine.close()
  })

  it('go on where they were after a restart, and remember a rollback', async () => {
    const { clock, join } = world()
    const first = await join()
    first.engine.promote()
    await clock.advance(1_000)
    await first.engine.close()
    const second = await join()
    expect(weights([second])).toEqual([25])
    second.engine.rollback()
    await clock.advance(1_000)
    await second.engine.close()
    const third = await join()
    expect(third.engine.getStatus().state).toBe('ROLLED_BACK')
    expect(third.engine.selectVersion()).toBe('stable')
    expect(() => third.engine.promote()).toThrow(/rolled back/)
  })

  it('replace a leader that is gone', async () => {
    const { clock, join } = world()
    const members = [await join(), await join()] as const
    await members[0].engine.close()
    succeed(members[1], 'stable', 4_000)
    succeed(members[1], 'canary', 500)
    await clock.advance(6 * minute)
    expect(weights([members[1]])).toEqual([25])
  })

  it('are moved by hand from any of them', async () => {
    const { clock, join } = world()
    const members = [await join(), await join()] as const
    members[1].engine.promote()
    expect(weights([members[1]])).toEqual([25])
    await clock.advance(100)
    expect(weights(members)).toEqual([25, 25])
    members[1].engine.pause()
    await clock.advance(100)
    expect(members[0].engine.getStatus().state).toBe('PAUSED')
    members[0].engine.resume()
    members[1].engine.rollback()
    await clock.advance(3_000)
    expect(members.map(({ engine }) => engine.getStatus().state)).toEqual(['ROLLED_BACK', 'ROLLED_BACK'])
  })

  it('take one step where two hands promote at once', async () => {
    const { clock, store, join } = world()
    const { line, through } = interruptible(store)
    line.delay = () => clock.sleep(20)
    const members = [await join(through), await join(through)] as const
    await clock.advance(2_000)
    for (const { engine } of members) engine.promote()
    await clock.advance(3_000)
    expect(weights(members)).toEqual([25, 25])
  })

  it('ask for a step once, however slow the store is', async () => {
    let asked = 0
    const { clock, store, join } = world({
      confirm: () => {
        asked++
        return true
      },
    })
    const { line, through } = interruptible(store)
    line.delay = (name) => (name === 'update' ? clock.sleep(4_000) : Promise.resolve())
    const member = await join(through)
    succeed(member, 'canary', 500)
    await clock.advance(5 * minute + 8_000)
    expect([weights([member]), asked]).toEqual([[25], 1])
  })

  it.each([
    ['first', 0, 10, 25],
    ['second', 1, 25, 50],
  ])('go on with the %s step after a night in which none ran, and do not say that nothing was decided', async (_which, steps, at, next) => {
    const { clock, join } = world()
    const first = await join()
    for (let i = 0; i < steps; i++) first.engine.promote()
    await clock.advance(100)
    await first.engine.close()
    await clock.advance(12 * 60 * minute)
    const second = await join()
    await clock.advance(minute)
    expect(second.engine.getStatus()).toMatchObject({ state: 'ACTIVE', canaryWeight: at, verdict: { code: 'few-requests' } })
    succeed(second, 'canary', 500)
    await clock.advance(2_000)
    expect(weights([second])).toEqual([next])
  })

  it('freeze the percentile of latency together', async () => {
    const { clock, join } = world({ strategy: 'latency' })
    const members = [await join(), await join()] as const
    for (let i = 0; i < 300; i++) members[0].engine.recordSuccess('stable', i % 100)
    await clock.advance(3_000)
    for (let i = 0; i < 30; i++) members[1].engine.recordSuccess('canary', 500)
    await clock.advance(3_000)
    expect(members[0].engine.getStatus()).toMatchObject({ state: 'ROLLED_BACK' })
    expect(members[0].engine.getStatus().reason).toMatch(/slower than stable/)
  })
})

describe('while the store is away', () => {
  it('the split stays, nothing is decided, and what was counted is not lost', async () => {
    const { clock, store, join } = world()
    const { line, through } = interruptible(store)
    const member = await join(through)
    line.cut = true
    succeed(member, 'stable', 4_000)
    succeed(member, 'canary', 500)
    await clock.advance(7 * minute)
    expect(weights([member])).toEqual([10])
    expect(member.events).toEqual(['decided hold step-time', 'fault store'])
    expect(member.engine.getStatus()).toMatchObject({ storeAnswers: false, leads: false })
    line.cut = false
    await clock.advance(4_000)
    expect(weights([member])).toEqual([25])
  })

  it('a hand may pause and roll back, and no more', async () => {
    const { clock, store, join } = world()
    const { line, through } = interruptible(store)
    const member = await join(through)
    const other = await join()
    line.cut = true
    await clock.advance(3_000)
    expect(() => member.engine.promote()).toThrow(expect.objectContaining({ code: 'CANARY_STORE_UNAVAILABLE' }))
    member.engine.rollback()
    expect(weights([member, other])).toEqual([0, 10])
    line.cut = false
    await clock.advance(5_000)
    expect(weights([member, other])).toEqual([0, 0])
  })
})

/** The store, over a line that may be cut or slow. */
function interruptible(store: CanaryStore) {
  const line = { cut: false, delay: (_name: string | symbol): Promise<void> => Promise.resolve() }
  const through = new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function' || name === 'watch' || name === 'close')
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      return async (...given: unknown[]): Promise<unknown> => {
        await line.delay(name)
        if (line.cut) throw new Error('away')
        return Reflect.apply(value, target, given)
      }
    },
  })
  return { line, through }
}
