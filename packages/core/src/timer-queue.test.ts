import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { FakeClock } from './testing/index.js'
import { TimerQueue } from './timer-queue.js'

function firing(clock: FakeClock, queue: TimerQueue) {
  const firedAt: [string, number][] = []
  return { firedAt, add: (name: string) => queue.add(() => firedAt.push([name, clock.now()])) }
}

describe('TimerQueue', () => {
  it('fires each when its own time is over, and those removed never', async () => {
    const clock = new FakeClock()
    const queue = new TimerQueue(clock, 100)
    const { firedAt, add } = firing(clock, queue)
    add('first')
    await clock.advance(30)
    const removed = add('removed')
    await clock.advance(30)
    add('last')
    queue.remove(removed)
    queue.remove(removed)
    await clock.advance(1_000)
    expect(firedAt).toEqual([
      ['first', 100],
      ['last', 160],
    ])
    expect(clock.pendingTimers).toBe(0)
  })

  it('keeps no process alive once it is empty, and one timer serves later entries', async () => {
    const clock = new FakeClock()
    const queue = new TimerQueue(clock, 100)
    const { firedAt, add } = firing(clock, queue)
    queue.remove(add('a'))
    expect(clock.pendingTimers).toBe(0)
    await clock.advance(50)
    add('b')
    expect(clock.pendingTimers).toBe(1)
    await clock.advance(150)
    expect(firedAt).toEqual([['b', 150]])
    expect(clock.pendingTimers).toBe(0)
  })

  it('leaves no timer behind where it served one entry only', async () => {
    const clock = new FakeClock()
    const [set, cleared] = [vi.spyOn(clock, 'setTimer'), vi.spyOn(clock, 'clearTimer')]
    const queue = new TimerQueue(clock, 100)
    const { firedAt, add } = firing(clock, queue)
    queue.remove(add('a'))
    expect(cleared).toHaveBeenCalledExactlyOnceWith(set.mock.results[0]?.value)
    for (let served = 0; served < 5; served++) queue.remove(add('b'))
    expect(set).toHaveBeenCalledTimes(2)
    expect(cleared).toHaveBeenCalledOnce()
    add('c')
    await clock.advance(1_000)
    expect(firedAt).toEqual([['c', 100]])
  })

  it('fires all that fell due while the process was frozen', async () => {
    const clock = new FakeClock()
    const { firedAt, add } = firing(clock, new TimerQueue(clock, 10))
    add('a')
    clock.jump(5)
    add('b')
    clock.jump(50)
    await clock.advance(0)
    expect(firedAt).toEqual([
      ['a', 55],
      ['b', 55],
    ])
  })

  it('takes one that is added by another that fires', async () => {
    const clock = new FakeClock()
    const queue = new TimerQueue(clock, 10)
    const firedAt: number[] = []
    const again = () => {
      firedAt.push(clock.now())
      if (firedAt.length < 3) queue.add(again)
    }
    queue.add(again)
    await clock.advance(100)
    expect(firedAt).toEqual([10, 20, 30])
  })

  it('does as many timers of the clock would', async () => {
    const step = fc.record({ waitMs: fc.integer({ min: 0, max: 40 }), remove: fc.option(fc.nat(20)) })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const clock = new FakeClock()
        const queue = new TimerQueue(clock, 50)
        const ours: [number, number][] = []
        const theirs: [number, number][] = []
        const timers: { own: ReturnType<TimerQueue['add']>; clocks: ReturnType<FakeClock['setTimer']> }[] = []
        for (const [number, { waitMs, remove }] of steps.entries()) {
          await clock.advance(waitMs)
          timers.push({
            own: queue.add(() => ours.push([number, clock.now()])),
            clocks: clock.setTimer(() => theirs.push([number, clock.now()]), 50),
          })
          const chosen = remove === null ? undefined : timers[remove]
          if (chosen === undefined) continue
          queue.remove(chosen.own)
          clock.clearTimer(chosen.clocks)
        }
        await clock.advance(100)
        expect(ours).toEqual(theirs)
      }),
      { numRuns: 50 },
    )
  })
})
